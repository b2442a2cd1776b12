import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type BlockHeader, decodeHeader, decodePayload, encodePayload } from '../index.ts'
import { blockHash, blockHashes } from './header.ts'

const COUNT = 50
const raw = readFileSync(new URL('../../test/vectors/signet-0-2015.bin', import.meta.url))
const alone = Array.from({ length: COUNT }, (_, i) => decodeHeader(raw.subarray(80 * i, 80 * (i + 1))))

/** As they come in one message, behind something else in the same memory. */
function received(headers: readonly BlockHeader[]): readonly BlockHeader[] {
  const { payload } = encodePayload({ type: 'headers', headers })
  const memory = new Uint8Array(payload.length + 7)
  memory.set(payload, 7)
  const message = decodePayload('headers', memory.subarray(7))
  return message.type === 'headers' ? message.headers : []
}

const together = received(alone)
const [first, second] = [together[0]!, together[1]!]

it.each<[string, readonly BlockHeader[]]>([
  ['none', []],
  ['one', [first]],
  ['all of a message', together],
  ['some that follow each other', together.slice(3, 20)],
  ['every second', together.filter((_, index) => index % 2 === 0)],
  ['in another order', [...together].reverse()],
  ['one twice', [first, first, second]],
  ['one left out', [first, second, together[3]!]],
  ['of two messages', [first, received(alone)[1]!, second]],
  ['of bytes that are next to each other', alone],
  ['one put together by hand among them', [first, { ...second, nonce: 7 }, together[2]!]],
  ['one decoded after those put together by hand', [{ ...first, time: 3 }, second]],
])('hashes together are those of each alone: %s', (_, headers) => {
  expect(blockHashes(headers)).toEqual(headers.map(blockHash))
})

it('is what was encoded, has its fields itself, and can be spread and cloned', () => {
  expect(together).toEqual(alone)
  expect(Object.keys(first)).toEqual(['version', 'previousBlockHash', 'merkleRoot', 'time', 'bits', 'nonce'])
  expect(blockHash({ ...second })).toEqual(blockHash(second))
  expect(blockHash(structuredClone(second))).toEqual(blockHash(second))
})

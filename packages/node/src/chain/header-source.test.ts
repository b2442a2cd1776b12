import { decodePayload, encodePayload, genesisBlock, regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { HeadersPayload } from './header-source.ts'

const headers = Array.from({ length: 300 }, (_, nonce) => ({
  ...genesisBlock(regtest).header,
  nonce,
  bits: 7 + nonce,
}))

function ofPayload(payload: Uint8Array): HeadersPayload {
  return new HeadersPayload(payload, () => {
    const message = decodePayload('headers', payload)
    return message.type === 'headers' ? message.headers : []
  })
}

/** As `payload`, with a count of transactions behind each header that takes so many bytes. */
function withCounts(count: Uint8Array): Uint8Array {
  const whole = encodePayload({ type: 'headers', headers }).payload
  const parts: Uint8Array[] = [whole.subarray(0, 3)]
  for (let index = 0; index < headers.length; index++) {
    parts.push(whole.subarray(3 + 81 * index, 83 + 81 * index), count)
  }
  return Buffer.concat(parts)
}

it.each([
  ['0', [0]],
  ['3 bytes', [0xfd, 0xff, 0xff]],
  ['5 bytes', [0xfe, 0, 0, 1, 0]],
])('the ends and the bits of headers are those of the list, with counts of %s behind them', (_, count) => {
  const source = ofPayload(withCounts(Uint8Array.from(count)))
  const list = source.list()
  expect(list).toHaveLength(300)
  expect(source.length).toBe(300)
  expect(source.first).toEqual(list[0])
  expect(source.last).toEqual(list.at(-1))
  expect([...source.bits()]).toEqual(list.map(({ bits }) => bits))
  expect([...source.portions()].flat()).toEqual(list)
})

it('of none there are no ends', () => {
  const source = ofPayload(Uint8Array.of(0))
  expect([source.length, source.first, source.last, ...source.bits()]).toEqual([0, undefined, undefined])
})

import { readFileSync } from 'node:fs'
import { decompress } from 'fzstd'
import { describe, expect, it } from 'vitest'
import {
  type BlockHeader,
  blockHash,
  bytesEqual,
  decodeHeader,
  hasProofOfWork,
  mainnet,
  medianTimePast,
  type Network,
  nextBits,
  signet,
} from '../src/index.ts'

const vector = (name: string): Uint8Array => readFileSync(new URL(`./vectors/${name}`, import.meta.url))

function headersOf(bytes: Uint8Array): BlockHeader[] {
  return Array.from({ length: bytes.length / 80 }, (_, i) =>
    decodeHeader(bytes.subarray(80 * i, 80 * i + 80)),
  )
}

function check(headers: readonly BlockHeader[], network: Network): void {
  expect(blockHash(headers[0]!)).toEqual(network.genesisHash)
  const { difficultyAdjustmentInterval: interval } = network.proofOfWork
  for (const [height, header] of headers.entries()) {
    if (!hasProofOfWork(header, network)) throw new Error(`No proof of work at ${height}`)
    const last = headers[height - 1]
    if (last === undefined) continue
    if (!bytesEqual(header.previousBlockHash, blockHash(last))) throw new Error(`No link at ${height}`)
    const times = headers.slice(Math.max(0, height - 11), height).map(({ time }) => time)
    if (header.time <= medianTimePast(times)) throw new Error(`Too early at ${height}`)
    const first = headers[height - interval]
    const expected =
      height % interval === 0
        ? nextBits(
            { firstTime: first!.time, firstBits: first!.bits, lastTime: last.time, lastBits: last.bits },
            network,
          )
        : last.bits
    if (header.bits !== expected) throw new Error(`Target ${header.bits} at ${height}, not ${expected}`)
  }
}

describe('real headers', () => {
  it('link up, show their work, follow the retarget rule and the median time: mainnet 0 to 10,236', () => {
    check(headersOf(decompress(vector('headers-mainnet-0-10236.zst'))), mainnet)
  })

  it('do so on signet, 0 to 2,015', () => {
    check(headersOf(vector('signet-0-2015.bin')), signet)
  })
})

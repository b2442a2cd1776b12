import { concatBytes, DecodeError, decodePayload, hexToBytes } from '../src/index.ts'
import { messageVectors } from './plain.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const zeros = (length: number): Uint8Array => new Uint8Array(length)
const of = (...bytes: number[]): Uint8Array => Uint8Array.of(...bytes)
const size = (value: number): Uint8Array =>
  value < 0xfd
    ? of(value)
    : value <= 0xffff
      ? of(0xfd, value & 0xff, value >> 8)
      : of(0xfe, value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24)
const repeat = (bytes: Uint8Array, times: number): Uint8Array => {
  const all = zeros(bytes.length * times)
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length)
  return all
}
const ones = (length: number): Uint8Array => zeros(length).fill(0xff)
const file = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, 'vectors', name)))
const list = (element: Uint8Array, times: number): Uint8Array =>
  concatBytes(size(times), repeat(element, times))

/** The smallest transaction: one input, no output. */
const smallest = concatBytes(of(1, 0, 0, 0, 1), zeros(36), of(0), zeros(4), of(0), zeros(4))
/** One input with a witness of `items` empty items. */
const emptyWitness = (items: number): Uint8Array =>
  concatBytes(of(1, 0, 0, 0, 0, 1, 1), zeros(41), of(0), size(items), zeros(items), zeros(4))
const addrv2Entry = concatBytes(zeros(4), of(1, 1, 4), zeros(6))
const leaf = (script: Uint8Array): Uint8Array => concatBytes(ones(12), script)

/** A transaction of the smallest inputs, each of an unconfirmed output or, with a 0, of a confirmed one. */
const manyInputs = (count: number, index = 1): Uint8Array => {
  const input = zeros(41)
  input[32] = index
  return concatBytes(of(1, 0, 0, 0), list(input, count), of(0), zeros(4))
}
const manyLeaves = (count: number): Uint8Array => repeat(leaf(of(1)), count)

/**
 * For each message with a list, the payload that gives the most elements for its bytes;
 * and claims of more than is there.
 */
const payloads: readonly (readonly [name: string, command: string, payload: Uint8Array])[] = [
  ['addr of 1,000', 'addr', list(ones(30), 1000)],
  ['addrv2 of 1,000', 'addrv2', list(addrv2Entry, 1000)],
  ['inv of 50,000', 'inv', list(ones(36), 50_000)],
  ['getdata of 50,000', 'getdata', list(ones(36), 50_000)],
  ['headers of 2,000', 'headers', list(concatBytes(ones(80), of(0)), 2000)],
  ['getheaders of 101', 'getheaders', concatBytes(zeros(4), list(ones(32), 101), zeros(32))],
  ['cfheaders of 2,000', 'cfheaders', concatBytes(zeros(65), list(ones(32), 2000))],
  ['cfcheckpt of 100,000', 'cfcheckpt', concatBytes(zeros(33), list(ones(32), 100_000))],
  ['merkleblock of 16,000', 'merkleblock', concatBytes(zeros(84), list(ones(32), 16_000), of(0))],
  ['block of the smallest transactions', 'block', concatBytes(zeros(80), list(smallest, 70_000))],
  ['block of mainnet before SegWit', 'block', file('core-block413567.raw')],
  ['block of mainnet', 'block', file('block928816.raw')],
  ['tx with 97,000 inputs', 'tx', concatBytes(of(1, 0, 0, 0), list(zeros(41), 97_000), of(0), zeros(4))],
  ['tx with 440,000 outputs', 'tx', concatBytes(smallest.subarray(0, 46), list(zeros(9), 440_000), zeros(4))],
  ['tx with a witness of 3,900,000 empty items', 'tx', emptyWitness(3_900_000)],
  ['blocktxn of the smallest', 'blocktxn', concatBytes(zeros(32), list(smallest, 70_000))],
  ['cmpctblock of 65,535 short ids', 'cmpctblock', concatBytes(zeros(88), list(ones(6), 65_535), of(0))],
  [
    'cmpctblock of 65,535 prefilled',
    'cmpctblock',
    concatBytes(zeros(88), of(0), list(concatBytes(of(0), smallest), 65_535)),
  ],
  ['getblocktxn of 65,536', 'getblocktxn', concatBytes(zeros(32), list(of(0), 65_536))],
  ['reconcildiff of 900,000', 'reconcildiff', concatBytes(of(1), list(ones(4), 900_000))],
  ['uproof of 120,000 hashes', 'uproof', concatBytes(zeros(32), list(ones(32), 120_000), of(0, 0))],
  ['uproof of 24,386 targets', 'uproof', concatBytes(zeros(32), of(0), list(of(1), 24_386), of(0))],
  ['uproof of 24,386 leaves', 'uproof', concatBytes(zeros(32), of(0, 0), list(leaf(of(1)), 24_386))],
  [
    'uproof of 24,386 leaves with scripts',
    'uproof',
    concatBytes(zeros(32), of(0, 0), list(leaf(of(0, 0)), 24_386)),
  ],
  ['uproof of 500,000 hashes', 'uproof', concatBytes(zeros(32), list(ones(32), 500_000), of(0, 0))],
  ['uttls of 32 blocks', 'uttls', concatBytes(list(concatBytes(zeros(4), list(ones(8), 10_000)), 32), of(0))],
  ['uttls of 32 empty blocks', 'uttls', concatBytes(list(zeros(5), 32), of(0))],
  ['uroot of 63', 'uroot', concatBytes(of(1, 1), zeros(32), list(ones(32), 63), list(ones(32), 255))],
  ['utreexotx with 97,000 inputs', 'utreexotx', concatBytes(of(0, 0), manyInputs(97_000))],
  [
    'utreexotx with 24,000 leaves',
    'utreexotx',
    concatBytes(of(0, 0), manyInputs(24_000, 0), manyLeaves(24_000)),
  ],
  ['filterload of 36,000', 'filterload', concatBytes(list(ones(1), 36_000), of(50), zeros(8))],
  ['cfilter of 3,900,000', 'cfilter', concatBytes(zeros(33), list(ones(1), 3_900_000))],
  ['alert', 'alert', concatBytes(list(ones(1), 3_900_000), of(0))],
  ...[
    'addr',
    'addrv2',
    'inv',
    'headers',
    'cfcheckpt',
    'block',
    'uproof',
    'uttls',
    'uroot',
    'utreexotx',
    'reconcildiff',
    'tx',
    'blocktxn',
    'cmpctblock',
  ].flatMap((command) =>
    [zeros(0), zeros(4), zeros(32), zeros(33), zeros(80), zeros(88)].map(
      (head) =>
        [
          `${command}: ${head.length} bytes and a claim of 33,554,432`,
          command,
          concatBytes(head, of(0xfe, 0, 0, 0, 2)),
        ] as const,
    ),
  ),
]

/** Heap and buffers outside of it. */
function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

let kept: unknown
/** Bytes of payloads to decode between two looks at the memory. */
const WORTH_MEASURING = 8_000_000
/**
 * Rounds without a lower figure that end a payload's measurement: code that has not been optimized yet
 * allocates more, and on a busy machine the optimizer, which runs beside it, can take several rounds to
 * finish.
 */
const SETTLED_ROUNDS = 4
const MOST_ROUNDS = 60
// Stacks are not the decoder's: the loader that runs this makes them large.
Error.stackTraceLimit = 0

function decode(command: string, payload: Uint8Array): void {
  try {
    kept = decodePayload(command, payload)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    kept = error
  }
}

// The compiler's own allocations are not the decoder's: everything has run before it is measured.
for (const { command, payload } of messageVectors) decode(command, hexToBytes(payload))
for (const [, command, payload] of payloads) for (let i = 0; i < 3; i++) decode(command, payload)

const results = payloads.map(([name, command, payload]) => {
  // Memory is counted in steps of 128 KiB: enough turns make them small beside the whole,
  // which still fits the young generation.
  const turns = Math.ceil(WORTH_MEASURING / (payload.length + 1024))
  let allocated = Infinity
  let settled = 0
  for (let round = 0; round < MOST_ROUNDS && settled < SETTLED_ROUNDS; round++) {
    globalThis.gc?.()
    const before = memory()
    for (let turn = 0; turn < turns; turn++) decode(command, payload)
    const once = (memory() - before) / turns
    settled = once < allocated ? 0 : settled + 1
    allocated = Math.min(allocated, once)
  }
  return { name, given: payload.length, allocated }
})
process.stdout.write(JSON.stringify(results))
if (kept === undefined) process.exitCode = 1

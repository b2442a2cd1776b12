import { hash } from 'node:crypto'
import type { Draw } from '../../../../tools/differential/draw.ts'
import { type Differential, same } from '../../../../tools/differential/target.ts'
import { runtimeSha256 as node } from '../../src/crypto/crypto.node.ts'
import { runtimeSha256 as noble } from '../../src/crypto/crypto.ts'
import { oneByOne } from '../../src/crypto/one-by-one.ts'
import { createWasmSha256 } from '../../src/crypto/wasm-sha256.ts'

const BATCH = 500
const BORDERS = [8, 55, 56, 64, 119, 120, 128, 640]

/** One message that is put together from its three parts. */
interface Message {
  readonly cuts: readonly number[]
  readonly hash: Uint8Array
}

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
const twice = (bytes: Uint8Array): Uint8Array => sha256(sha256(bytes))

function message(source: Uint8Array, start: number, middle: number, left: number): Message {
  const body = start + 4 + left
  const end = body + middle + left + 4
  const whole = Buffer.concat([
    source.subarray(start, start + 4),
    source.subarray(body, body + middle),
    source.subarray(end - 4, end),
  ])
  return { cuts: [start, body, body + middle, end], hash: twice(whole) }
}

function compareMany(draw: Draw, backend: ReturnType<typeof oneByOne>): number {
  const lengths = Array.from({ length: 1 + draw.below(BATCH) }, () => draw.length(400, BORDERS))
  const left = draw.below(3)
  const source = draw.bytes(lengths.reduce((sum, length) => sum + length + 8 + 2 * left, 3))
  let at = 3
  const messages = lengths.map((length) => {
    const made = message(source, at, length, left)
    at = made.cuts[3]!
    return made
  })
  const target = new Uint8Array(32 * messages.length)
  backend.hashMany(source, Uint32Array.from(messages.flatMap(({ cuts }) => cuts)), target)
  messages.forEach(({ hash: expected }, i) =>
    same(target.subarray(32 * i, 32 * i + 32), expected, () => `message ${i} of ${lengths.join()}`),
  )
  return messages.length
}

function compareRows(draw: Draw, backend: ReturnType<typeof oneByOne>): number {
  const pairs = draw.below(BATCH)
  const row = draw.bytes(64 * pairs)
  const before = row.slice()
  backend.merkleLevel(row, pairs)
  for (let i = 0; i < pairs; i++)
    same(row.subarray(32 * i, 32 * i + 32), twice(before.subarray(64 * i, 64 * i + 64)), () => `pair ${i}`)
  const headers = draw.below(BATCH)
  const stride = 80 + draw.below(2)
  const source = draw.bytes(stride * headers)
  const hashes = backend.hashHeaders(source, 0, stride, headers)
  for (let i = 0; i < headers; i++)
    same(
      hashes.subarray(32 * i, 32 * i + 32),
      twice(source.subarray(stride * i, stride * i + 80)),
      () => `header ${i} of ${headers}`,
    )
  return pairs + headers
}

function compareSingle(draw: Draw, backend: ReturnType<typeof oneByOne>): number {
  for (let i = 0; i < BATCH; i++) {
    const bytes = draw.bytes(draw.length(300, BORDERS))
    same(backend.sha256(bytes), sha256(bytes), () => `${bytes.length} bytes`)
    same(backend.sha256d(bytes), twice(bytes), () => `${bytes.length} bytes twice`)
  }
  return 2 * BATCH
}

const ofNode = createWasmSha256(node)!
const ofNoble = createWasmSha256(noble)!

const targets: readonly Differential[] = [
  {
    name: 'SHA-256 of many messages: wasm beside node:crypto',
    compare: (draw) => compareMany(draw, draw.below(2) === 0 ? ofNode : ofNoble),
  },
  {
    name: 'merkle levels and headers: wasm beside node:crypto',
    compare: (draw) => compareRows(draw, ofNode),
  },
  {
    name: 'SHA-256 of one message: wasm beside node:crypto',
    compare: (draw) => compareSingle(draw, ofNoble),
  },
  {
    name: 'SHA-256 of one message: noble beside node:crypto',
    compare: (draw) => compareSingle(draw, oneByOne(noble)),
  },
]
export default targets

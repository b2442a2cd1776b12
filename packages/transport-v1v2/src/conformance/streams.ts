import { bytesEqual } from '@sapwood/wire-codec'
import { expect } from 'vitest'
import type { ByteStream } from '../stream/byte-stream.ts'

/** Bytes that repeat only after 2^24: lost, doubled or swapped portions show. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = Math.imul(index, 0x9e3779b1) >>> 24
  return bytes
}

/** Everything up to the end. */
export async function collect(stream: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) chunks.push(chunk)
  return join(chunks)
}

/** The next bytes, which are expected to come in portions that end with them. */
export async function readExactly(stream: ByteStream, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for (let missing = length; missing > 0; ) {
    const chunk = await stream.read()
    if (chunk === null) throw new Error(`The stream ended ${missing} bytes early`)
    chunks.push(chunk)
    missing -= chunk.length
  }
  return join(chunks)
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.length
  }
  return joined
}

/** Fails unless the bytes are equal: vitest's own comparison takes seconds for megabytes. */
export function expectBytes(received: Uint8Array, expected: Uint8Array): void {
  if (bytesEqual(received, expected)) return
  const differing = expected.findIndex((byte, index) => byte !== received[index])
  expect({
    length: received.length,
    from: differing,
    bytes: received.slice(differing, differing + 16),
  }).toEqual({
    length: expected.length,
    from: differing,
    bytes: expected.slice(differing, differing + 16),
  })
}

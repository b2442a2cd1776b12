import { expect, it } from 'vitest'
import { PortionReader } from './portion-reader.ts'

it('holds no more than what has arrived, however it was cut', () => {
  const reader = new PortionReader()
  let arrived = 0
  for (let index = 0; index < 100; index++) {
    for (const length of [4_096, 1, 1]) {
      reader.feed(new Uint8Array(length).fill(index))
      expect(reader.take(1_000_000)).toBeUndefined()
      arrived += length
    }
  }
  reader.feed(new Uint8Array(1_000_000 - arrived))
  const parts = reader.takeParts(1_000_000)!
  expect(parts.reduce((length, part) => length + part.length, 0)).toBe(1_000_000)
  const held = parts.reduce((length, part) => length + part.buffer.byteLength, 0)
  expect(held).toBeLessThanOrEqual(1_000_000 + 16_384)
  expect(parts.slice(0, 4).map((part) => [part.length, part[0]])).toEqual([
    [4_096, 0],
    [2, 0],
    [4_096, 1],
    [2, 1],
  ])
})

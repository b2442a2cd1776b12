import { describe, expect, it, vi } from 'vitest'
import { systemRandom } from './default-random.ts'

describe("the system's random bytes", () => {
  it.each([0, 1, 4, 8, 16, 17, 32, 65_536, 65_537, 200_000])('are as many as asked for: %i', (length) => {
    const bytes = systemRandom.bytes(length)
    expect(bytes.length).toBe(length)
    expect(bytes.buffer.byteLength).toBe(length)
  })

  it('are never given twice, however small the pieces', () => {
    const seen = new Set(Array.from({ length: 5_000 }, () => systemRandom.bytes(8).join()))
    expect(seen.size).toBe(5_000)
  })

  it('are drawn ahead where few are asked for, and alone where they may be a key', () => {
    const draw = vi.spyOn(globalThis.crypto, 'getRandomValues')
    try {
      for (let count = 0; count < 4_096; count++) systemRandom.bytes(4)
      expect(draw.mock.calls.length).toBeLessThanOrEqual(5)
      draw.mockClear()
      for (let count = 0; count < 10; count++) systemRandom.bytes(32)
      expect(draw).toHaveBeenCalledTimes(10)
    } finally {
      draw.mockRestore()
    }
  })
})

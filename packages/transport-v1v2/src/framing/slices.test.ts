import { describe, expect, it } from 'vitest'
import { slicesOf } from './slices.ts'

const part = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

function joined(parts: readonly Uint8Array[]): number[] {
  return parts.flatMap((each) => [...each])
}

describe('slices', () => {
  it('hold all bytes in order, none more than the limit, and say what they end', () => {
    const parts = [part(3, 1), part(25, 2), part(1, 3), part(10, 4), part(2, 5)]
    const all = joined(parts)
    const slices = [...slicesOf(parts, 10)]
    expect(slices.flatMap(({ parts: each }) => joined(each))).toEqual(all)
    expect(slices.map(({ length }) => length)).toEqual([10, 10, 10, 10, 1])
    expect(slices.map(({ parts: each }) => joined(each).length)).toEqual([10, 10, 10, 10, 1])
    expect(slices.map(({ freed }) => freed)).toEqual([3, 0, 26, 10, 2])
    expect(slices.reduce((sum, { freed }) => sum + freed, 0)).toBe(all.length)
  })

  it('take out of the list what they have come to', () => {
    const parts = [part(10, 1), part(10, 2), part(10, 3)]
    const slices = slicesOf(parts, 10)
    slices.next()
    expect(parts.map(({ length }) => length)).toEqual([0, 0, 10])
  })

  it('end a part that is cut with bytes of their own', () => {
    const long = part(1_000, 7)
    const slices = [...slicesOf([long], 400)]
    expect(slices.map(({ parts: [only] }) => only!.buffer === long.buffer)).toEqual([true, true, false])
    expect(slices[2]!.parts[0]!.buffer.byteLength).toBe(200)
    // The `slice` of a Buffer is a view.
    const file = Buffer.alloc(1_000)
    expect([...slicesOf([file], 400)][2]!.parts[0]!.buffer.byteLength).toBe(200)
  })
})

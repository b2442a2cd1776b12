import { describe, expect, it } from 'vitest'
import { SortedNumbers } from './sorted-numbers.ts'

const GAP = 784_931

describe.each([1, 1_000])('sorted numbers of which %i lookups are expected', (lookups) => {
  const from = (values: number[]): SortedNumbers => {
    const numbers = new SortedNumbers(Float64Array.from(values), GAP)
    numbers.expect(lookups)
    return numbers
  }

  it('have what is among them and nothing else', () => {
    let x = 1
    const values = Array.from({ length: 3_000 }, () => {
      x = (x * 48_271) % 2_147_483_647
      return x
    })
    const numbers = from([...values].sort((a, b) => a - b))
    for (const value of values) expect(numbers.has(value)).toBe(true)
    const all = new Set(values)
    for (const value of values) expect(numbers.has(value + 1)).toBe(all.has(value + 1))
  })

  it('have the first, the last, those at a border, equal ones, and are empty', () => {
    const values = [0, GAP - 1, GAP, GAP, 2 * GAP, 5 * GAP - 1]
    for (const value of values) expect(from(values).has(value)).toBe(true)
    for (const value of [1, GAP + 1, 3 * GAP, 6 * GAP - 1]) expect(from(values).has(value)).toBe(false)
    expect(from([]).has(0)).toBe(false)
    expect(from([7]).size).toBe(1)
  })
})

import { describe, expect, it } from 'vitest'
import { medianTimePast } from './median-time-past.ts'

describe('medianTimePast', () => {
  it('is the sixth of the last eleven by size', () => {
    expect(medianTimePast([1000, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])).toBe(6)
  })

  it('takes numbers as numbers', () => {
    expect(medianTimePast([100, 20, 3])).toBe(20)
    expect(medianTimePast([20, 100, 3])).toBe(20)
    expect(medianTimePast([100, 3, 20])).toBe(20)
  })

  it('takes the later of two in the middle, as Core does', () => {
    expect(medianTimePast([1, 2])).toBe(2)
    expect(medianTimePast([5])).toBe(5)
  })

  it('leaves its argument as it is', () => {
    const times = [3, 1, 2]
    medianTimePast(times)
    expect(times).toEqual([3, 1, 2])
  })

  it('has nothing to say of no times', () => {
    expect(() => medianTimePast([])).toThrow(new RangeError('No times to take the median of'))
  })
})

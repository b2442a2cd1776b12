import { describe, expect, it } from 'vitest'
import type { KeyValueOperation } from '../store/key-value-store.ts'
import { RecentOutputs } from './recent-outputs.ts'

const put = (key: string, value: Uint8Array): KeyValueOperation => ({ type: 'put', key, value })

describe('the outputs at hand', () => {
  it('take no more than they may: the oldest go first', () => {
    const outputs = new RecentOutputs(1_000)
    const kept = (): (number | undefined)[] => Array.from({ length: 6 }, (_, n) => outputs.get(`${n}`)?.[0])
    outputs.apply(Array.from({ length: 5 }, (_, n) => put(`${n}`, new Uint8Array(50).fill(n))))
    expect(kept()).toEqual([undefined, undefined, 2, 3, 4, undefined])
    outputs.apply([
      put('3', new Uint8Array(50).fill(9)),
      { type: 'delete', key: '2' },
      put('5', new Uint8Array(50).fill(5)),
    ])
    expect(kept()).toEqual([undefined, undefined, undefined, 9, 4, 5])
    outputs.apply([put('large', new Uint8Array(2_000))])
    expect(outputs.get('large')).toBeUndefined()
    outputs.apply([put('5', new Uint8Array(50).fill(5))])
    expect(kept()).toEqual([undefined, undefined, undefined, undefined, undefined, 5])
    outputs.clear()
    expect(outputs.get('5')).toBeUndefined()
  })

  it('are looked through for the oldest once for all that a block makes', () => {
    const bounded = new RecentOutputs(OUTPUTS * 300)
    const unbounded = new RecentOutputs(Number.POSITIVE_INFINITY)
    const value = new Uint8Array(50)
    let next = 0
    const block = (count: number): KeyValueOperation[] =>
      Array.from({ length: count }, () => put(`u${next++}`, value))
    const timeOf = (outputs: RecentOutputs, operations: readonly KeyValueOperation[]): number => {
      const began = performance.now()
      outputs.apply(operations)
      return performance.now() - began
    }
    const before = block(1.9 * OUTPUTS)
    bounded.apply(before)
    unbounded.apply(before)
    // Side by side, and the shortest of each: a busy machine makes both longer.
    const shortest = { bounded: Number.POSITIVE_INFINITY, unbounded: Number.POSITIVE_INFINITY }
    for (let round = 0; round < 5; round++) {
      const operations = block(1_000)
      shortest.bounded = Math.min(shortest.bounded, timeOf(bounded, operations))
      shortest.unbounded = Math.min(shortest.unbounded, timeOf(unbounded, operations))
    }
    expect(shortest.bounded).toBeLessThan(20 * shortest.unbounded)
    expect(bounded.get(`u${next - OUTPUTS}`)).toBeDefined()
    expect(bounded.get(`u${next - OUTPUTS - 1}`)).toBeUndefined()
  })
})

const OUTPUTS = 130_000

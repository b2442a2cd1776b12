import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../testing/seeded-random.ts'
import { drawBelow, drawExponential, drawUnit, shuffle } from './draw.ts'
import type { Random } from './random.ts'

/** Gives those words, one after the other. */
function saying(...words: readonly number[]): Random {
  const left = [...words]
  return {
    bytes: () => new Uint8Array(Uint32Array.of(left.shift()!).buffer),
  }
}

describe('numbers out of randomness', () => {
  it('are as likely as each other: a word past the last whole multiple is drawn again', () => {
    expect(drawBelow(saying(0xffff_ffff, 7), 3)).toBe(1)
    expect(drawBelow(saying(0xffff_fffe), 3)).toBe(2)
  })

  it('are below their bound, from 0 to not quite 1, and as long as their mean on average', () => {
    const random = createSeededRandom('draw')
    const seen = new Set(Array.from({ length: 200 }, () => drawBelow(random, 6)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(drawBelow(random, 1)).toBe(0)
    expect(drawUnit(saying(0xffff_ffff))).toBeLessThan(1)
    const waits = Array.from({ length: 2_000 }, () => drawExponential(random, 100))
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    expect(mean).toBeGreaterThan(90)
    expect(mean).toBeLessThan(110)
  })

  it('put an array into another order, with nothing lost', () => {
    const items = Array.from({ length: 50 }, (_, index) => index)
    const shuffled = shuffle(createSeededRandom('shuffle'), [...items])
    expect(shuffled).not.toEqual(items)
    expect(shuffled.sort((a, b) => a - b)).toEqual(items)
  })
})

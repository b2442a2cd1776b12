import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../testing/index.ts'
import { TransportError } from '../../errors/transport-error.ts'
import { V2_PACKET_OVERHEAD } from '../packet-codec.ts'
import { randomDecoys } from './random-decoys.ts'
import { DEFAULT_SIZE_CLASSES, sizeClasses } from './size-classes.ts'

describe('sizeClasses', () => {
  it('brings every message and its padding to a class', () => {
    const shaping = sizeClasses()
    const random = createSeededRandom(1)
    fc.assert(
      fc.property(fc.nat(4_000_013), (length) => {
        const plan = shaping.plan(length, random)
        const padding = plan?.after.map((decoy) => decoy + V2_PACKET_OVERHEAD) ?? []
        const total = length + V2_PACKET_OVERHEAD + padding.reduce((sum, size) => sum + size, 0)
        expect(DEFAULT_SIZE_CLASSES).toContain(total)
      }),
    )
  })

  it('goes on in multiples of the largest class', () => {
    const plan = sizeClasses({ classes: [100, 1_000] }).plan(2_500, createSeededRandom(1))
    expect(plan).toEqual({ before: [], after: [3_000 - 2_500 - 2 * V2_PACKET_OVERHEAD] })
  })

  it('refuses classes that do not rise', () => {
    expect(() => sizeClasses({ classes: [] })).toThrow(TransportError)
    expect(() => sizeClasses({ classes: [500, 500] })).toThrow(TransportError)
    expect(() => sizeClasses({ classes: [40] })).toThrow(TransportError)
  })
})

describe('randomDecoys', () => {
  it('follows about as many messages as told, with sizes up to the largest', () => {
    const shaping = randomDecoys({ probability: 0.5, maxLength: 9 })
    const random = createSeededRandom('decoys')
    const sizes = Array.from({ length: 2_000 }, () => shaping.plan(10, random)?.after[0])
    const decoys = sizes.filter((size) => size !== undefined)
    expect(decoys.length).toBeGreaterThan(900)
    expect(decoys.length).toBeLessThan(1_100)
    expect(new Set(decoys)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    expect(randomDecoys({ probability: 0 }).plan(10, random)).toBeUndefined()
  })
})

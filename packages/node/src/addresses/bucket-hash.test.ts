import { sha256d } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { createBucketHash } from './bucket-hash.ts'

/** Core's `addrman_tests`: the hash of the 32-bit numbers 1 and 2. */
const key = (number: number): Uint8Array => sha256d(Uint8Array.of(number, 0, 0, 0))

describe('places in the address tables', () => {
  it('are those of Bitcoin Core', () => {
    const hash = createBucketHash(key(1))
    expect(hash.triedBucket(address('250.1.1.1:8333'))).toBe(40)
    expect(hash.newBucket(address('250.1.2.1:8333'), address('250.1.2.1:8333'))).toBe(786)
  })

  it('depend on the key and the port', () => {
    const [one, two] = [createBucketHash(key(1)), createBucketHash(key(2))]
    const here = address('250.1.1.1:8333')
    expect(one.triedBucket(here)).not.toBe(two.triedBucket(here))
    expect(one.triedBucket(here)).not.toBe(one.triedBucket(address('250.1.1.1:9999')))
  })

  it('are 8 tried buckets for one netgroup, and 64 new buckets for one source group (Core)', () => {
    const hash = createBucketHash(key(1))
    const tried = new Set<number>()
    const fresh = new Set<number>()
    for (let i = 0; i < 255; i++) {
      tried.add(hash.triedBucket(address(`250.1.1.${i}:${8000 + i}`)))
      for (let j = 0; j < 4; j++)
        fresh.add(hash.newBucket(address(`${250 - j}.${i}.1.1:8333`), address('251.4.1.1:8333')))
    }
    expect(tried.size).toBe(8)
    expect(fresh.size).toBeLessThanOrEqual(64)
    expect(fresh.size).toBeGreaterThan(40)
  })

  it('lie within a bucket', () => {
    const hash = createBucketHash(key(1))
    for (let i = 0; i < 200; i++) {
      const position = hash.position(address(`250.1.1.${i}:8333`), 'new', i)
      expect(position).toBeGreaterThanOrEqual(0)
      expect(position).toBeLessThan(64)
    }
  })
})

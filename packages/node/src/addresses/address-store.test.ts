import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address, nthAddress, report } from '../../test/support/addresses.ts'
import type { KeyValueNamespace, KeyValueStore } from '../store/key-value-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { AddressStore, decodeEntry, encodeEntry } from './address-store.ts'

function components(seed = 1) {
  return { clock: createVirtualClock(), random: createSeededRandom(seed) }
}

/** The tables' part of a store whose disk can be full. */
function fillableDisk(store: KeyValueStore) {
  const disk = { isFull: false }
  const inner = store.namespace('addresses')
  const space: KeyValueNamespace = {
    ...inner,
    batch: (operations) => (disk.isFull ? Promise.reject(new Error('disk full')) : inner.batch(operations)),
  }
  return { disk, inner, space }
}

describe('the stored address tables', () => {
  it('come back as they were', async () => {
    const store = createMemoryStore()
    const space = store.namespace('addresses')
    const parts = components()
    const manager = await new AddressStore(space).load(parts)
    for (let i = 0; i < 500; i++) {
      manager.add(
        [{ ...report('1.1.1.1', parts.clock.now() - i), address: nthAddress(i) }],
        nthAddress(i % 7),
      )
      if (i % 3 === 0) manager.good(nthAddress(i), { protocol: i % 2 === 0 ? 'v1' : 'v2' })
      if (i % 5 === 0) manager.attempt(nthAddress(i), { countFailure: true })
    }
    await new AddressStore(space).save(manager)
    const again = await new AddressStore(space).load(components(2))
    expect(again.secret).toEqual(manager.secret)
    expect(again.counts()).toEqual(manager.counts())
    for (const entry of manager.entries()) {
      expect(again.get(entry.address)).toEqual(manager.get(entry.address))
      expect(again.entryOf(entry.key)?.newBuckets).toEqual(entry.newBuckets)
    }
    expect(again.takeChanges()).toEqual([])
    await store.close()
  })

  it('are written by what changed, and forget what was forgotten', async () => {
    const store = createMemoryStore()
    const inner = store.namespace('addresses')
    let written = 0
    const space: KeyValueNamespace = {
      ...inner,
      batch: async (operations) => {
        written += operations.length
        await inner.batch(operations)
      },
    }
    const parts = components()
    const manager = await new AddressStore(space).load(parts)
    for (let i = 0; i < 100; i++)
      manager.add([{ ...report('1.1.1.1', parts.clock.now()), address: nthAddress(i) }], nthAddress(i))
    await new AddressStore(space).save(manager)
    written = 0
    await new AddressStore(space).save(manager)
    expect(written).toBe(0)
    manager.good(nthAddress(3))
    await new AddressStore(space).save(manager)
    expect(written).toBe(1)
    await store.close()
  })

  it('are written again after a write that failed', async () => {
    const store = createMemoryStore()
    const { space, disk } = fillableDisk(store)
    const parts = components()
    const manager = await new AddressStore(space).load(parts)
    manager.add([report('250.1.1.1:8333', parts.clock.now())], address('250.1.1.2'))
    disk.isFull = true
    await expect(new AddressStore(space).save(manager)).rejects.toThrow('disk full')
    disk.isFull = false
    await new AddressStore(space).save(manager)
    expect((await new AddressStore(space).load(components())).size).toBe(1)
    await store.close()
  })

  it('are told of no address that the store never had, and of one that it may have', async () => {
    const store = createMemoryStore()
    const space = store.namespace('addresses')
    const parts = components()
    const manager = await new AddressStore(space).load(parts)
    // One source has 64 buckets of 64 places: of many that it names nearly all find theirs taken.
    for (let i = 0; i < 30_000; i++)
      manager.add([{ ...report('1.1.1.1', parts.clock.now()), address: nthAddress(i) }], nthAddress(1))
    expect(manager.size).toBeLessThan(5_000)
    const changes = manager.takeChanges()
    expect(changes).toHaveLength(manager.size)
    manager.keepChanges(changes)
    await new AddressStore(space).save(manager)
    expect((await new AddressStore(space).load(components())).size).toBe(manager.size)
    await store.close()
  })

  it('are written anew as a whole where a store that failed for long is to be told of too much', async () => {
    const store = createMemoryStore()
    const { inner, space, disk } = fillableDisk(store)
    const parts = components()
    const tables = new AddressStore(space)
    const manager = await tables.load(parts)
    const entry = (i: number) => ({ ...report('1.1.1.1', parts.clock.now() + i), address: nthAddress(i) })
    for (let i = 0; i < 500; i++) manager.add([entry(i)], nthAddress(i))
    await tables.save(manager)
    disk.isFull = true
    manager.add([entry(500)], nthAddress(500))
    await expect(tables.save(manager)).rejects.toThrow('disk full')
    // As many as come to be forgotten while nothing can be stored.
    manager.keepChanges(Array.from({ length: 90_000 }, (_, i) => `gone ${i}` as never))
    expect(manager.takeChanges()).toBe('everything')
    manager.keepChanges('everything')
    disk.isFull = false
    await inner.batch([{ type: 'put', key: 'unknown', value: Uint8Array.of(1) }])
    await tables.save(manager)
    const again = await new AddressStore(space).load(components())
    expect(again.size).toBe(manager.size)
    expect(await inner.get('unknown')).toBeUndefined()
    expect(again.secret).toEqual(manager.secret)
    expect(manager.takeChanges()).toEqual([])
    await store.close()
  })

  it('are written again after a write that could not even be begun', async () => {
    const store = createMemoryStore()
    const space = store.namespace('addresses')
    const parts = components()
    const manager = await new AddressStore(space).load(parts)
    manager.add([report('250.1.1.1:8333', parts.clock.now())], address('250.1.1.2'))
    const wrong = { ...report('250.2.1.1:8333', parts.clock.now()), services: -1n }
    manager.add([wrong], address('250.1.1.2'))
    await expect(new AddressStore(space).save(manager)).rejects.toThrow(RangeError)
    manager.good(wrong.address, { services: 9n })
    await new AddressStore(space).save(manager)
    expect((await new AddressStore(space).load(components())).size).toBe(2)
    await store.close()
  })

  it('leave out what does not read', async () => {
    const store = createMemoryStore()
    const space = store.namespace('addresses')
    await new AddressStore(space).load(components())
    const random = createSeededRandom(3)
    await space.batch(
      Array.from(
        { length: 50 },
        (_, i) => ({ type: 'put', key: `k${i}`, value: random.bytes(i * 3) }) as const,
      ),
    )
    expect((await new AddressStore(space).load(components())).size).toBe(0)
    await store.close()
  })

  it('hold every network', () => {
    const parts = components()
    for (const text of [
      '250.1.1.1:8333',
      '[2a00::1]:8333',
      'kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion:8333',
      'ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:0',
      '[fc00::1]:8333',
    ]) {
      const entry = {
        ...report(text, parts.clock.now()),
        key: '' as never,
        source: address(text),
        lastTry: undefined,
        lastCountedTry: undefined,
        lastSuccess: parts.clock.wallTime(),
        attempts: 3,
        protocol: 'v2' as const,
        tried: false,
        stored: false,
        newBuckets: new Set([5, 1023]),
        index: 0,
      }
      expect(decodeEntry(encodeEntry(entry))).toMatchObject({
        address: address(text),
        attempts: 3,
        newBuckets: [5, 1023],
        lastTry: undefined,
      })
    }
  })
})

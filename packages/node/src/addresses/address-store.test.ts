import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address, nthAddress, report } from '../../test/support/addresses.ts'
import type { KeyValueNamespace } from '../store/key-value-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { AddressStore, decodeEntry, encodeEntry } from './address-store.ts'

function components(seed = 1) {
  return { clock: createVirtualClock(), random: createSeededRandom(seed) }
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
    const inner = store.namespace('addresses')
    let fails = false
    const space: KeyValueNamespace = {
      ...inner,
      batch: (operations) => (fails ? Promise.reject(new Error('disk full')) : inner.batch(operations)),
    }
    const parts = components()
    const manager = await new AddressStore(space).load(parts)
    manager.add([report('250.1.1.1:8333', parts.clock.now())], address('250.1.1.2'))
    fails = true
    await expect(new AddressStore(space).save(manager)).rejects.toThrow('disk full')
    fails = false
    await new AddressStore(space).save(manager)
    expect((await new AddressStore(space).load(components())).size).toBe(1)
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

import { blockHash, networks } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { mineHeader, mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { NOON } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from './header-chain.ts'
import { HeaderStore } from './header-store.ts'
import type { KeyValueStore } from '../store/key-value-store.ts'
import { createMemoryStore } from '../store/memory-store.ts'

const headers = mineHeaders(regtest.genesis, 3000)

async function saved(runs: readonly number[]): Promise<{ store: KeyValueStore; chain: StorableHeaderChain }> {
  const store = createMemoryStore()
  const chain = new StorableHeaderChain({ network: regtest })
  const headerStore = new HeaderStore(store)
  await headerStore.load(chain)
  let from = 0
  for (const count of runs) {
    chain.accept(headers.slice(from, from + count), NOON)
    await headerStore.save(chain)
    from += count
  }
  return { store, chain }
}

async function loaded(store: KeyValueStore): Promise<{ chain: StorableHeaderChain; droppedRuns: number }> {
  const chain = new StorableHeaderChain({ network: regtest })
  const { droppedRuns } = await new HeaderStore(store).load(chain)
  return { chain, droppedRuns }
}

async function runs(store: KeyValueStore): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of store.namespace('headers').entries()) keys.push(key)
  return keys
}

describe('the header store', () => {
  it('gives back what was saved', async () => {
    const { store, chain } = await saved([2000, 1000])
    const again = await loaded(store)
    expect(again.droppedRuns).toBe(0)
    expect(again.chain.tip()).toEqual(chain.tip())
  })

  it('goes on saving where it stopped', async () => {
    const { store } = await saved([1000])
    const chain = new StorableHeaderChain({ network: regtest })
    const headerStore = new HeaderStore(store)
    await headerStore.load(chain)
    chain.accept(headers.slice(1000), NOON)
    await Promise.all([headerStore.save(chain), headerStore.save(chain)])
    expect((await loaded(store)).chain.tip().height).toBe(3000)
    expect(await runs(store)).toHaveLength(2)
  })

  it('keeps forks and what was found invalid', async () => {
    const { store, chain } = await saved([10])
    const fork = mineHeaders(headers[4]!, 8, 3)
    const headerStore = new HeaderStore(store)
    const reopened = new StorableHeaderChain({ network: regtest })
    await headerStore.load(reopened)
    reopened.accept(fork, NOON)
    reopened.invalidate(blockHash(fork[6]!))
    await headerStore.save(reopened)
    const again = (await loaded(store)).chain
    expect(again.tip()).toEqual(reopened.tip())
    expect(again.tip().height).toBe(11)
    expect(again.size).toBe(chain.size + 8)
    expect(again.accept([mineHeader(fork[7]!)], NOON).error?.code).toBe('invalid-parent')
    expect(again.invalidated).toEqual([blockHash(fork[6]!)])
  })

  it('joins many short runs when they are read', async () => {
    const { store } = await saved([...Array.from({ length: 200 }, () => 1), 2000])
    expect(await runs(store)).toHaveLength(201)
    expect((await loaded(store)).chain.tip().height).toBe(2200)
    expect(await runs(store)).toHaveLength(2)
    expect((await loaded(store)).chain.tip().height).toBe(2200)
  })

  it.each(['cut off', 'altered', 'missing'])('drops a run that is %s, and all after it', async (damage) => {
    const { store } = await saved([1000, 1000, 1000])
    const namespace = store.namespace('headers')
    const [, second] = await runs(store)
    const value = (await namespace.get(second!))!
    const altered = Uint8Array.from(value, (byte, index) => (index === 5000 ? byte ^ 1 : byte))
    await namespace.batch([
      damage === 'missing'
        ? { type: 'delete', key: second! }
        : { type: 'put', key: second!, value: damage === 'altered' ? altered : value.slice(0, -84) },
    ])
    const again = await loaded(store)
    expect(again.chain.tip().height).toBe(1000)
    expect(again.droppedRuns).toBeGreaterThan(0)
    expect(await runs(store)).toHaveLength(1)
    const headerStore = new HeaderStore(store)
    const chain = new StorableHeaderChain({ network: regtest })
    await headerStore.load(chain)
    chain.accept(headers.slice(1000), NOON)
    await headerStore.save(chain)
    expect((await loaded(store)).chain.tip().height).toBe(3000)
  })

  it.each(['invalid/', 'invalid/zz', `invalid/${'0'.repeat(63)}`, `invalid/${'0'.repeat(66)}`])(
    'is corrupt where it names %j as invalid',
    async (key) => {
      const { store } = await saved([10])
      await store.namespace('chain').batch([{ type: 'put', key, value: new Uint8Array(0) }])
      await expect(loaded(store)).rejects.toMatchObject({ code: 'store-corrupt', detail: key })
    },
  )

  it('refuses the store of another network', async () => {
    const { store } = await saved([10])
    const chain = new StorableHeaderChain({ network: networks.signet })
    await expect(new HeaderStore(store).load(chain)).rejects.toMatchObject({ code: 'store-foreign' })
  })
})

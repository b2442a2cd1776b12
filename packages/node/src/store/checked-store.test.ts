import { networks } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { createNode } from '../handle/create-node.ts'
import { checkedStore } from './checked-store.ts'
import type { KeyValueNamespace, KeyValueStore } from './key-value-store.ts'
import { createMemoryStore } from './memory-store.ts'

const { regtest } = networks

/** A program's own store with a part that does something else. */
function storeWith(part: Partial<KeyValueNamespace>): KeyValueStore {
  const store = createMemoryStore()
  return { namespace: (name) => ({ ...store.namespace(name), ...part }) }
}

function withCode(code: string, message = 'mine'): Error {
  return Object.assign(new Error(message), { code })
}

describe('a program’s own store', () => {
  it.each<[string, Partial<KeyValueNamespace>, string]>([
    ['rejects', { get: () => Promise.reject(new Error('mine')) }, 'store-failed'],
    ['throws', { get: () => fail(new Error('mine')) }, 'store-failed'],
    ['throws what is no error', { batch: () => rejectedBy('mine') }, 'store-failed'],
    ['is full', { batch: () => Promise.reject(withCode('ENOSPC')) }, 'store-full'],
    ['is over its quota', { batch: () => Promise.reject(withCode('EDQUOT')) }, 'store-full'],
    ['may not be written', { batch: () => Promise.reject(withCode('EACCES')) }, 'store-foreign'],
    ['is locked', { get: () => Promise.reject(withCode('LEVEL_LOCKED')) }, 'store-locked'],
    [
      'is damaged, two causes deep',
      { get: () => Promise.reject(new Error('a', { cause: withCode('LEVEL_CORRUPTION') })) },
      'store-corrupt',
    ],
    ['gives back what is no bytes', { get: () => Promise.resolve('text' as never) }, 'store-corrupt'],
    [
      'lists what is no entry',
      {
        entries: async function* () {
          yield 7 as never
        },
      },
      'store-corrupt',
    ],
    ['fails while it lists', { entries: () => fail(new Error('mine')) }, 'store-failed'],
  ])('that %s fails the start with a typed error', async (_, part, code) => {
    await expect(
      createNode({ network: regtest, connect: [] }, { store: storeWith(part) }),
    ).rejects.toMatchObject({
      name: 'NodeError',
      code,
    })
  })

  it('that fails later rejects the call, and is kept at the next', async () => {
    let full = false
    const memory = createMemoryStore()
    const store: KeyValueStore = {
      namespace: (name) => {
        const space = memory.namespace(name)
        return { ...space, batch: (ops) => (full ? Promise.reject(withCode('ENOSPC')) : space.batch(ops)) }
      },
    }
    const node = await createNode({ network: regtest, connect: [] }, { store })
    full = true
    await expect(node.bans.ban('203.0.113.1')).rejects.toMatchObject({
      code: 'store-full',
      cause: { code: 'ENOSPC' },
    })
    full = false
    await node.stop()
    const again = await createNode({ network: regtest, connect: [] }, { store })
    expect(again.bans.bans().map(({ text }) => text)).toEqual(['203.0.113.1'])
    full = true
    await again.bans.unban('203.0.113.1').catch(() => undefined)
    await expect(again.stop()).rejects.toMatchObject({ code: 'store-full' })
  })

  it('keeps an error that says already what it is', async () => {
    const space = checkedStore(storeWith({ get: () => Promise.reject(withCode('ENOTDIR')) })).namespace('a')
    const first = (await space.get('1').catch((error: unknown) => error)) as Error
    const outer = checkedStore(storeWith({ get: () => Promise.reject(first) })).namespace('a')
    expect(await outer.get('1').catch((error: unknown) => error)).toBe(first)
  })
})

async function rejectedBy(reason: unknown): Promise<never> {
  throw reason
}

function fail(error: Error): never {
  throw error
}

import { describe, expect, it } from 'vitest'
import type { KeyRange, KeyValueNamespace, KeyValueStore } from './key-value-store.ts'

/** A store that is empty, and what ends it. */
export interface KeyValueStoreFixture {
  readonly store: KeyValueStore
  /**
   * The same store after the program has ended and begun again; left out where it is gone then. The first is
   * not used any more.
   */
  readonly reopen?: () => Promise<KeyValueStore>
  /** Called after the test. */
  close?(): Promise<void>
}

/** How the store of one test is made. */
export interface KeyValueStoreConformance {
  open(): Promise<KeyValueStoreFixture>
}

/** As large a value as a node keeps in one piece. */
const LARGE_VALUE = 2_000_000
/** Entries of one batch. */
const MANY = 2_000

/**
 * What every `KeyValueStore` has to do, as vitest tests. Call it at the top of a test file. What it cannot
 * show, and a node relies on: what `batch` has resolved for is there after a kill, and all or nothing of it.
 */
export function describeKeyValueStore(name: string, conformance: KeyValueStoreConformance): void {
  const withStore = (test: (fixture: KeyValueStoreFixture) => Promise<void>) => async (): Promise<void> => {
    const fixture = await conformance.open()
    try {
      await test(fixture)
    } finally {
      await fixture.close?.()
    }
  }
  const inNamespace = (test: (space: KeyValueNamespace) => Promise<void>): (() => Promise<void>) =>
    withStore(({ store }) => test(store.namespace('one')))

  describe(`KeyValueStore: ${name}`, () => {
    it(
      'gives what was put, and undefined for what was not',
      inNamespace(async (space) => {
        await space.batch([{ type: 'put', key: 'a', value: Uint8Array.of(1, 2) }])
        expect(await space.get('a')).toEqual(Uint8Array.of(1, 2))
        expect(await space.get('b')).toBeUndefined()
        expect(Object.getPrototypeOf(await space.get('a'))).toBe(Uint8Array.prototype)
      }),
    )

    it(
      'gives many at once, where it can, each in its place',
      inNamespace(async (space) => {
        await space.batch(['a', 'b', 'c'].map((key, i) => ({ type: 'put', key, value: Uint8Array.of(i) })))
        const found = await space.getMany?.(['c', 'nothing', 'a', 'c'])
        if (found === undefined) return
        expect(found).toEqual([Uint8Array.of(2), undefined, Uint8Array.of(0), Uint8Array.of(2)])
        expect(Object.getPrototypeOf(found[0])).toBe(Uint8Array.prototype)
        expect(await space.getMany?.([])).toEqual([])
      }),
    )

    it(
      'keeps empty and large values, and keys of any characters',
      inNamespace(async (space) => {
        const large = Uint8Array.from({ length: LARGE_VALUE }, (_, index) => index % 251)
        await space.batch([
          { type: 'put', key: 'empty', value: new Uint8Array(0) },
          { type: 'put', key: 'large', value: large },
          { type: 'put', key: '1.2.3.4:8333/ü!', value: Uint8Array.of(3) },
        ])
        expect(await space.get('empty')).toEqual(new Uint8Array(0))
        expect((await space.get('large'))?.length).toBe(LARGE_VALUE)
        expect((await space.get('large'))?.[LARGE_VALUE - 1]).toBe((LARGE_VALUE - 1) % 251)
        expect(await space.get('1.2.3.4:8333/ü!')).toEqual(Uint8Array.of(3))
      }),
    )

    it(
      'overwrites and deletes, in the order of the batch, and lets what is not there be deleted',
      inNamespace(async (space) => {
        await space.batch([
          { type: 'put', key: 'a', value: Uint8Array.of(1) },
          { type: 'put', key: 'a', value: Uint8Array.of(2) },
          { type: 'put', key: 'b', value: Uint8Array.of(3) },
          { type: 'delete', key: 'b' },
          { type: 'delete', key: 'never there' },
        ])
        expect(await space.get('a')).toEqual(Uint8Array.of(2))
        expect(await space.get('b')).toBeUndefined()
        await space.batch([])
      }),
    )

    it(
      'lists its entries in the order of their keys, also while it changes',
      inNamespace(async (space) => {
        const keys = Array.from({ length: MANY }, (_, index) => String(index * 7919).padStart(10, '0'))
        await space.batch(keys.map((key) => ({ type: 'put', key, value: Uint8Array.of(1) })))
        const seen: string[] = []
        for await (const [key] of space.entries()) {
          if (seen.length === 0) await space.batch([{ type: 'put', key: 'zzz', value: Uint8Array.of(1) }])
          seen.push(key)
        }
        expect(seen.filter((key) => key !== 'zzz')).toEqual([...keys].sort())
      }),
    )

    it(
      'gives of a range what is in it: all of it, and in order',
      inNamespace(async (space) => {
        await space.batch(['a', 'b', 'c', 'd'].map((key) => ({ type: 'put', key, value: Uint8Array.of(1) })))
        // A store that knows no ranges may give more: whoever asks looks at the keys.
        expect(inRange(await keysOf(space, { from: 'b', before: 'd' }), 'b', 'd')).toEqual(['b', 'c'])
        expect(inRange(await keysOf(space, { from: 'c' }), 'c')).toEqual(['c', 'd'])
      }),
    )

    it(
      'keeps its namespaces apart, also of names that begin alike',
      withStore(async ({ store }) => {
        await store.namespace('one').batch([{ type: 'put', key: 'a', value: Uint8Array.of(1) }])
        await store.namespace('one2').batch([{ type: 'put', key: 'a', value: Uint8Array.of(2) }])
        expect(await store.namespace('one').get('a')).toEqual(Uint8Array.of(1))
        expect(await keysOf(store.namespace('one'))).toEqual(['a'])
        expect(await keysOf(store.namespace('two'))).toEqual([])
      }),
    )

    it(
      'has what it had when it is opened again',
      withStore(async ({ store, reopen }) => {
        await store.namespace('one').batch([{ type: 'put', key: 'a', value: Uint8Array.of(1) }])
        if (reopen === undefined) return
        expect(await (await reopen()).namespace('one').get('a')).toEqual(Uint8Array.of(1))
      }),
    )
  })
}

async function keysOf(space: KeyValueNamespace, range?: KeyRange): Promise<string[]> {
  const keys: string[] = []
  for await (const [key] of space.entries(range)) keys.push(key)
  return keys
}

function inRange(keys: readonly string[], from: string, before?: string): string[] {
  return keys.filter((key) => key >= from && (before === undefined || key < before))
}

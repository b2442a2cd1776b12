import { NodeError } from '../errors/node-error.ts'
import type { KeyRange, KeyValueNamespace, KeyValueOperation } from '../store/key-value-store.ts'
import type { OpenStore } from '../store/open-store.ts'
import { asStoreError } from '../store/store-error.ts'
import {
  answerOf,
  endOf,
  ENTRIES,
  type IdbDatabase,
  type IdbKeyRanges,
  type IdbObjectStore,
} from './indexed-db.ts'

/** Entries that are read at a time: a transaction ends while the program looks at what it gave. */
const PAGE = 32
/** After every key of a namespace: an array comes after all text. */
const LAST: readonly never[] = []

const READ = 'The store refused to read.'
const WRITE = 'The store refused to write.'

/** A store in IndexedDB. A batch is one transaction; one that failed left nothing behind. */
export class IndexedStore implements OpenStore {
  readonly #database: IdbDatabase
  readonly #onClosed: () => void
  /** Settles with the last write, never rejects. */
  #lastWrite: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  /** @param onClosed Called once, when the database is let go of. */
  constructor(database: IdbDatabase, onClosed: () => void) {
    this.#database = database
    this.#onClosed = onClosed
  }

  namespace(name: string): KeyValueNamespace {
    return {
      get: (key) => this.#get([name, key]),
      entries: (range) => this.#entries(name, range),
      batch: (operations) => this.#write(name, operations),
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#lastWrite.then(() => {
      this.#database.close()
      this.#onClosed()
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #get(key: readonly [string, string]): Promise<Uint8Array | undefined> {
    return asStoreError(READ, async () => {
      const store = this.#reader()
      return (await answerOf(store.get(key))) as Uint8Array | undefined
    })
  }

  async *#entries(
    name: string,
    { from = '', before }: KeyRange = {},
  ): AsyncGenerator<readonly [string, Uint8Array], void, undefined> {
    const ranges = (globalThis as unknown as { readonly IDBKeyRange: IdbKeyRanges }).IDBKeyRange
    const upper = [name, before ?? LAST]
    // An empty range is an error to IndexedDB.
    if (before !== undefined && before <= from) return
    let lower = from
    for (let isFirst = true; ; isFirst = false) {
      const range = ranges.bound([name, lower], upper, !isFirst, true)
      const [keys, values] = await asStoreError(READ, async () => {
        const store = this.#reader()
        return await Promise.all([
          answerOf(store.getAllKeys(range, PAGE)),
          answerOf(store.getAll(range, PAGE)),
        ])
      })
      for (const [index, key] of (keys as (readonly [string, string])[]).entries()) {
        yield [key[1], values[index] as Uint8Array]
      }
      if (keys.length < PAGE) return
      lower = (keys.at(-1) as readonly [string, string])[1]
      if (before !== undefined && before <= lower) return
    }
  }

  #write(name: string, operations: readonly KeyValueOperation[]): Promise<void> {
    const written = asStoreError(WRITE, async () => {
      this.#throwIfClosed()
      const transaction = this.#database.transaction(ENTRIES, 'readwrite')
      const ended = endOf(transaction)
      const store = transaction.objectStore(ENTRIES)
      try {
        for (const operation of operations) {
          if (operation.type === 'delete') store.delete([name, operation.key])
          // A copy of these bytes alone: of a view, all of what it looks at would be kept.
          else store.put(Uint8Array.from(operation.value), [name, operation.key])
        }
      } catch (error) {
        transaction.abort()
        await ended.catch(() => undefined)
        throw error
      }
      await ended
    })
    this.#lastWrite = Promise.allSettled([this.#lastWrite, written])
    return written
  }

  #reader(): IdbObjectStore {
    this.#throwIfClosed()
    return this.#database.transaction(ENTRIES, 'readonly').objectStore(ENTRIES)
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw new NodeError('store-failed', 'The store has been closed.')
  }
}

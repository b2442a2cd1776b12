import { NodeError } from '../errors/node-error.ts'
import type { KeyRange, KeyValueNamespace, KeyValueOperation } from './key-value-store.ts'
import type { OpenStore } from './open-store.ts'
import { asStoreError } from './store-error.ts'

const CLOSED = 'The store has been closed.'

/** A store that is gone with the process, or with the page. */
export function createMemoryStore(): OpenStore {
  return new MemoryStore()
}

class MemoryStore implements OpenStore {
  readonly #namespaces = new Map<string, Map<string, Uint8Array>>()
  #closed = false

  namespace(name: string): KeyValueNamespace {
    return {
      get: (key) => asStoreError(CLOSED, () => this.#of(name).get(key)),
      entries: (range) => ({ [Symbol.asyncIterator]: () => later(this.#entries(name, range)) }),
      batch: (operations) => asStoreError(CLOSED, () => this.#write(name, operations)),
    }
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** As they are now, whatever is written while somebody looks at them. */
  #entries(name: string, { from, before }: KeyRange = {}): (readonly [string, Uint8Array])[] {
    const isIn = (key: string): boolean =>
      (from === undefined || key >= from) && (before === undefined || key < before)
    return [...this.#of(name)].filter(([key]) => isIn(key)).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  #write(name: string, operations: readonly KeyValueOperation[]): void {
    const entries = this.#of(name)
    for (const operation of operations) {
      // A copy: whoever gave it may go on to use its memory.
      if (operation.type === 'put') entries.set(operation.key, Uint8Array.from(operation.value))
      else entries.delete(operation.key)
    }
  }

  #of(name: string): Map<string, Uint8Array> {
    if (this.#closed) throw new NodeError('store-failed', CLOSED)
    let entries = this.#namespaces.get(name)
    if (entries === undefined) this.#namespaces.set(name, (entries = new Map<string, Uint8Array>()))
    return entries
  }
}

function later<T>(values: readonly T[]): AsyncIterator<T, undefined> {
  const all = values.values()
  return { next: () => Promise.resolve(all.next()) }
}

import { NodeError } from '../errors/node-error.ts'
import type { KeyRange, KeyValueNamespace, KeyValueStore } from './key-value-store.ts'
import { asStoreError, storeError } from './store-error.ts'

const READ = 'The store refused to read.'
const WRITE = 'The store refused to write.'

/**
 * Any store, a program's own too, as the node may rely on it: whatever it throws or rejects with is a
 * `NodeError` that says what is the matter, and what it gives back that is no entry is `store-corrupt`.
 */
export function checkedStore(store: KeyValueStore): KeyValueStore {
  return {
    namespace: (name) => {
      try {
        return checkedNamespace(store.namespace(name))
      } catch (cause) {
        throw storeError(READ, cause)
      }
    },
  }
}

function checkedNamespace(namespace: KeyValueNamespace): KeyValueNamespace {
  return {
    get: async (key) => {
      const value: unknown = await asStoreError(READ, () => namespace.get(key))
      return value === undefined ? undefined : bytes(value, key)
    },
    entries: (range) => checkedEntries(namespace, range),
    batch: (operations) => asStoreError(WRITE, () => namespace.batch(operations)),
  }
}

async function* checkedEntries(
  namespace: KeyValueNamespace,
  range: KeyRange | undefined,
): AsyncGenerator<readonly [string, Uint8Array], void, undefined> {
  try {
    for await (const entry of namespace.entries(range) as AsyncIterable<unknown>) {
      const [key, value] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
      if (typeof key !== 'string') throw notAnEntry(String(key))
      yield [key, bytes(value, key)]
    }
  } catch (cause) {
    throw storeError(READ, cause)
  }
}

function bytes(value: unknown, key: string): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw notAnEntry(key)
}

function notAnEntry(key: string): NodeError {
  return new NodeError('store-corrupt', 'The store gave back what is no entry.', { detail: key })
}

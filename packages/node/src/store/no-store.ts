import type { KeyValueNamespace, KeyValueStore } from './key-value-store.ts'

const nothing: KeyValueNamespace = {
  get: () => Promise.resolve(undefined),
  async *entries() {},
  batch: () => Promise.resolve(),
}

/** For a node whose state ends with it: what nobody will read again is not kept a second time. */
export const noStore: KeyValueStore = { namespace: () => nothing }

import type { KeyValueNamespace, KeyValueStore } from '@sapwood/node'

export type StoreMode = 'sound' | 'failing' | 'full' | 'slow'

/** Milliseconds that a slow store takes for a write. */
const SLOW_WRITE = 400

/** A store whose writes fail, or take long, while it is told so. */
export class FaultyStore implements KeyValueStore {
  mode: StoreMode = 'sound'
  /** Writes that were refused. */
  refusals = 0
  readonly #store: KeyValueStore

  constructor(store: KeyValueStore) {
    this.#store = store
  }

  namespace(name: string): KeyValueNamespace {
    const space = this.#store.namespace(name)
    return {
      get: (key) => space.get(key),
      entries: (range) => space.entries(range),
      batch: async (operations) => {
        if (this.mode === 'failing') throw this.#refuse('EIO')
        if (this.mode === 'full') throw this.#refuse('ENOSPC')
        if (this.mode === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_WRITE))
        await space.batch(operations)
      },
    }
  }

  #refuse(code: string): Error {
    this.refusals++
    return Object.assign(new Error(`${code}: write`), { code })
  }
}

import type { KeyValueStore } from './key-value-store.ts'

/** A store that something has to close. */
export interface OpenStore extends KeyValueStore, AsyncDisposable {
  /** Waits for what is being written and lets go of the files. */
  close(): Promise<void>
}

/** One change of a batch. */
export type KeyValueOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string }

/** Keys from one on, and before another; in the order of their characters. */
export interface KeyRange {
  /** The first key that is in it, where it is there. */
  readonly from?: string
  /** The first that is not in it any more. */
  readonly before?: string
}

/** A part of the store whose keys meet no other part's. */
export interface KeyValueNamespace {
  get(key: string): Promise<Uint8Array | undefined>
  /**
   * What `get` gives for each of the keys, in their order. A store that does it no faster leaves it out: then
   * each is asked for by itself.
   */
  getMany?(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>
  /**
   * All entries, in the order of their keys, or those of a range. A store that knows no ranges may give all:
   * whoever asks for some looks at the keys.
   */
  entries(range?: KeyRange): AsyncIterable<readonly [string, Uint8Array]>
  /** All or nothing, also when the process is killed in the middle of it. */
  batch(operations: readonly KeyValueOperation[]): Promise<void>
}

/** What the node persists through. */
export interface KeyValueStore {
  namespace(name: string): KeyValueNamespace
}

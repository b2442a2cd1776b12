/**
 * Who asked for a reply that has come: a request that is open (or `abandoned`, given up since), the owner by
 * `send()`, or nobody.
 */
export type AskedBy = 'request' | 'owner' | 'abandoned' | 'none'

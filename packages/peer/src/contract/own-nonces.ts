/** The nonces in the `version` messages of our connections under way. One for a whole node. */
export interface OwnNonces {
  add(nonce: bigint): void
  has(nonce: bigint): boolean
  delete(nonce: bigint): void
}

/** Makes an empty set of nonces, to be shared by all peers of a node. */
export function createOwnNonces(): OwnNonces {
  return new Set<bigint>()
}

/** SHA-256 of one message at a time, as the runtime has it. */
export interface RuntimeSha256 extends SingleSha256 {
  /**
   * Bytes from which a message is hashed faster here than as one of many in WebAssembly; no number where it
   * never is, and single messages are not either.
   */
  readonly fasterFrom: number | undefined
}

/** SHA-256 of one message at a time. */
export interface SingleSha256 {
  /** Who does it, for people: `node:crypto`, `noble`. */
  readonly name: string
  /** SHA-256, 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array
  /** SHA-256 of the SHA-256, 32 bytes in wire order. */
  sha256d(bytes: Uint8Array): Uint8Array
  /** As `sha256d`, written into `target` at `offset`; `bytes` may be a part of it. */
  sha256dInto(bytes: Uint8Array, target: Uint8Array, offset: number): void
}

/** The hashing that this package needs, by whatever does it in this runtime. */
export interface Sha256Backend extends SingleSha256 {
  /**
   * Double SHA-256 of many messages. Each is four bytes of `source`, a middle, and four bytes: what a
   * transaction is without its witness (BIP144), and, with nothing left out between them, any part of
   * `source` of eight bytes or more.
   * @param cuts For each message the index in `source` where it starts, where its middle starts and ends, and
   * where it ends: `MESSAGE_CUTS` numbers.
   * @param target The hashes are written here from its start on, 32 bytes each.
   */
  hashMany(source: Uint8Array, cuts: Uint32Array, target: Uint8Array): void
  /**
   * Double SHA-256 of each of the first `pairs` 64 bytes of `row`, written over its start: one level of a
   * merkle tree.
   */
  merkleLevel(row: Uint8Array, pairs: number): void
  /**
   * Double SHA-256 of the `count` block headers, 80 bytes each, that stand in `source` from `offset` on,
   * `stride` bytes from the start of one to that of the next. @returns 32 bytes for each.
   */
  hashHeaders(source: Uint8Array, offset: number, stride: number, count: number): Uint8Array
}

/**
 * Makes what hashes in this runtime.
 * @param takeOver Told of a faster one once that has been loaded; never where it cannot be.
 */
export type StartSha256 = (takeOver: (better: Sha256Backend) => void) => Sha256Backend

/** Numbers that tell of one message for {@link Sha256Backend.hashMany}. */
export const MESSAGE_CUTS = 4

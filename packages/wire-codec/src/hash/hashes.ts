import { requireBytes } from '../arguments/require-argument.ts'

export { HASH_SIZE } from '../crypto/sizes.ts'

declare const brand: unique symbol

/** A 32-byte hash in wire order (the reverse of the text form that people read). */
export type Hash256 = Uint8Array & {
  readonly [brand]?: 'hash256' | 'block' | 'txid' | 'wtxid' | 'merkle' | 'filter'
}
/** Double SHA-256 of a block header, 32 bytes in wire order. */
export type BlockHash = Uint8Array & { readonly [brand]: 'block' }
/** Double SHA-256 of a transaction without its witness, 32 bytes in wire order. */
export type Txid = Uint8Array & { readonly [brand]: 'txid' }
/** Double SHA-256 of a transaction with its witness (BIP141), 32 bytes in wire order. */
export type Wtxid = Uint8Array & { readonly [brand]: 'wtxid' }

/** `bytes` as a block hash. @throws RangeError unless it is 32 bytes. */
export function asBlockHash(bytes: Uint8Array): BlockHash {
  return check(bytes) as BlockHash
}

/** `bytes` as a transaction id. @throws RangeError unless it is 32 bytes. */
export function asTxid(bytes: Uint8Array): Txid {
  return check(bytes) as Txid
}

/** `bytes` as a witness transaction id. @throws RangeError unless it is 32 bytes. */
export function asWtxid(bytes: Uint8Array): Wtxid {
  return check(bytes) as Wtxid
}

/** `bytes` as any kind of hash. @throws RangeError unless it is 32 bytes. */
export function asHash256(bytes: Uint8Array): Hash256 {
  return check(bytes)
}

function check(bytes: Uint8Array): Hash256 {
  requireBytes(bytes, 'a hash')
  if (bytes.length !== 32) throw new RangeError(`Not a 32-byte hash: ${bytes.length} bytes`)
  return bytes
}

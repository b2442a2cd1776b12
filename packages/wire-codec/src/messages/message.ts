import type { NetworkAddress } from '../addresses/network-address.ts'
import type { BlockHash, Hash256, Wtxid } from '../hash/hashes.ts'
import type { Block } from '../primitives/block.ts'
import type { BlockHeader } from '../primitives/header.ts'
import type { Transaction } from '../primitives/transaction.ts'
import type { UtreexoProof, UtreexoProofRequest } from '../utreexo/utreexo-proof.ts'
import type { UtreexoRoots } from '../utreexo/utreexo-roots.ts'
import type { UtreexoTransaction } from '../utreexo/utreexo-transaction.ts'
import type { UtreexoTtls, UtreexoTtlsRequest } from '../utreexo/utreexo-ttls.ts'

/** An address as the `version` message carries it: no time, and IPv4 mapped into IPv6. */
export interface VersionAddress {
  readonly services: bigint
  /** 16 bytes. */
  readonly ip: Uint8Array
  readonly port: number
}

/**
 * The first message of each side. What comes after `receiver` is optional on the wire; a field that was not
 * sent has the value that Core assumes: zeros in `sender`, nonce 0, no user agent, height -1, `relay` true.
 */
export interface VersionMessage {
  readonly type: 'version'
  /** Protocol version, signed 32-bit. */
  readonly version: number
  readonly services: bigint
  /**
   * Seconds since 1970. Signed 64-bit on the wire; one past `Number.MAX_SAFE_INTEGER`, which no clock
   * shows, is read as that (and its negative), so that a peer's nonsense is a number like any other.
   */
  readonly time: number
  readonly receiver: VersionAddress
  readonly sender: VersionAddress
  readonly nonce: bigint
  /** BIP14, at most 256 bytes, each as one character (U+0000 to U+00FF); not cleaned for display. */
  readonly userAgent: string
  /** Signed 32-bit. */
  readonly startHeight: number
  /** BIP37: whether transactions are to be announced at once. */
  readonly relay: boolean
}

/** An address with when it was last seen and what it serves (addr, addrv2). */
export interface GossipedAddress {
  /** Seconds since 1970, unsigned 32-bit. */
  readonly time: number
  readonly services: bigint
  readonly address: NetworkAddress
}

/** Names a thing that is offered, asked for or not found. */
export interface InventoryVector {
  /** See `InventoryType`; the witness flag is bit 30. */
  readonly type: number
  readonly hash: Hash256
}

/** A transaction that a compact block carries whole (BIP152). */
export interface PrefilledTransaction {
  /** Its index in the block (absolute: the wire's differences are resolved). */
  readonly index: number
  readonly transaction: Transaction
}

/** A compact block as it is sent (BIP152). */
export interface CompactBlock {
  readonly header: BlockHeader
  readonly nonce: bigint
  /** 48-bit ids of the transactions that are not prefilled, in the block's order. */
  readonly shortIds: readonly number[]
  /** By rising index. */
  readonly prefilled: readonly PrefilledTransaction[]
}

/** A block's header with a partial merkle tree of some of its transactions (BIP37). */
export interface MerkleBlock {
  readonly header: BlockHeader
  /** Number of transactions in the block, unsigned 32-bit. */
  readonly transactionCount: number
  /** Hashes of the tree in depth-first order. */
  readonly hashes: readonly Hash256[]
  /** Bits of the tree in depth-first order, least significant first in each byte. */
  readonly flags: Uint8Array
}

/** A message without a payload. */
export interface Empty<T extends string> {
  readonly type: T
}

/** A message whose payload is carried and not understood. */
export interface Opaque<T extends string> {
  readonly type: T
  readonly payload: Uint8Array
}

/** A message of a command that the registry does not have. */
export interface UnknownMessage {
  readonly type: 'unknown'
  readonly command: string
  readonly payload: Uint8Array
}

/** Draft messages of transaction reconciliation (BIP330); Core has only `sendtxrcncl`. */
export type ReconciliationMessage =
  | { readonly type: 'sendtxrcncl'; readonly version: number; readonly salt: bigint }
  | { readonly type: 'reqrecon'; readonly setSize: number; readonly q: number }
  | { readonly type: 'sketch'; readonly sketch: Uint8Array }
  | Empty<'reqsketchext'>
  | { readonly type: 'reconcildiff'; readonly success: boolean; readonly shortIds: Uint32Array }

/**
 * Messages of compact block filters (BIP157). `filterType` is 0 for the basic filter; Floresta's utreexo
 * state is type 1.
 */
export type FilterMessage =
  | {
      readonly type: 'getcfilters'
      readonly filterType: number
      readonly startHeight: number
      readonly stopHash: BlockHash
    }
  | {
      readonly type: 'cfilter'
      readonly filterType: number
      readonly blockHash: BlockHash
      readonly filter: Uint8Array
    }
  | {
      readonly type: 'getcfheaders'
      readonly filterType: number
      readonly startHeight: number
      readonly stopHash: BlockHash
    }
  | {
      readonly type: 'cfheaders'
      readonly filterType: number
      readonly stopHash: BlockHash
      readonly previousFilterHeader: Hash256
      readonly filterHashes: readonly Hash256[]
    }
  | { readonly type: 'getcfcheckpt'; readonly filterType: number; readonly stopHash: BlockHash }
  | {
      readonly type: 'cfcheckpt'
      readonly filterType: number
      readonly stopHash: BlockHash
      readonly filterHeaders: readonly Hash256[]
    }

/** Messages of bloom filters (BIP37, BIP35). */
export type BloomMessage =
  | {
      readonly type: 'filterload'
      readonly filter: Uint8Array
      readonly hashFunctions: number
      readonly tweak: number
      /** How the filter updates itself: 0 never, 1 at every match, 2 at pay-to-key outputs only. */
      readonly flags: number
    }
  | { readonly type: 'filteradd'; readonly element: Uint8Array }
  | Empty<'filterclear'>
  | { readonly type: 'merkleblock'; readonly merkleBlock: MerkleBlock }
  | Empty<'mempool'>

/** Messages of compact blocks (BIP152). */
export type CompactBlockMessage =
  | { readonly type: 'sendcmpct'; readonly announce: boolean; readonly version: bigint }
  | { readonly type: 'cmpctblock'; readonly compactBlock: CompactBlock }
  /** `indexes` are absolute and rising: the wire's differences are resolved. */
  | { readonly type: 'getblocktxn'; readonly blockHash: BlockHash; readonly indexes: Uint16Array }
  | {
      readonly type: 'blocktxn'
      readonly blockHash: BlockHash
      readonly transactions: readonly Transaction[]
    }

/**
 * Messages of the Utreexo peers, in the bytes that utreexod and Floresta speak, which are not the draft of
 * BIP183's everywhere. `usummary`, which utreexod has given up, is carried unread.
 */
export type UtreexoMessage =
  | { readonly type: 'getuproof'; readonly request: UtreexoProofRequest }
  | { readonly type: 'uproof'; readonly proof: UtreexoProof }
  | { readonly type: 'getuttls'; readonly request: UtreexoTtlsRequest }
  | { readonly type: 'uttls'; readonly ttls: UtreexoTtls }
  | Opaque<'usummary'>
  | { readonly type: 'utreexotx'; readonly proved: UtreexoTransaction }
  | { readonly type: 'geturoot'; readonly blockHash: BlockHash }
  | { readonly type: 'uroot'; readonly state: UtreexoRoots }

/** Messages that are read and never sent: Core stopped sending them long ago. */
export type LegacyMessage =
  | {
      readonly type: 'reject'
      /** The command that was refused. */
      readonly rejected: string
      /** BIP61. */
      readonly reasonCode: number
      readonly reason: string
      /** What was refused, where the sender says it. */
      readonly hash?: Hash256
    }
  | { readonly type: 'alert'; readonly alert: Uint8Array; readonly signature: Uint8Array }

/** Every message that the base registry knows, and `unknown` for the rest. `type` is the command. */
export type Message =
  | VersionMessage
  | Empty<'verack'>
  | Empty<'wtxidrelay'>
  | Empty<'sendaddrv2'>
  | Empty<'sendheaders'>
  | Empty<'getaddr'>
  /** BIP434. `id` has one character (U+0000 to U+00FF) for each byte. */
  | { readonly type: 'feature'; readonly id: string; readonly data: Uint8Array }
  /** `nonce` is absent where the payload is empty, as before BIP31. */
  | { readonly type: 'ping'; readonly nonce?: bigint }
  /** `nonce` is absent where the payload is too short to hold one. */
  | { readonly type: 'pong'; readonly nonce?: bigint }
  | { readonly type: 'addr'; readonly addresses: readonly GossipedAddress[] }
  | { readonly type: 'addrv2'; readonly addresses: readonly GossipedAddress[] }
  | { readonly type: 'inv'; readonly inventory: readonly InventoryVector[] }
  | { readonly type: 'getdata'; readonly inventory: readonly InventoryVector[] }
  | { readonly type: 'notfound'; readonly inventory: readonly InventoryVector[] }
  | {
      readonly type: 'getblocks'
      readonly version: number
      readonly locator: readonly BlockHash[]
      readonly stopHash: BlockHash
    }
  | {
      readonly type: 'getheaders'
      readonly version: number
      readonly locator: readonly BlockHash[]
      readonly stopHash: BlockHash
    }
  | { readonly type: 'headers'; readonly headers: readonly BlockHeader[] }
  | { readonly type: 'block'; readonly block: Block }
  | { readonly type: 'tx'; readonly transaction: Transaction }
  /** Fee rate in satoshi per 1,000 virtual bytes (BIP133). */
  | { readonly type: 'feefilter'; readonly feeRate: bigint }
  | CompactBlockMessage
  | BloomMessage
  | FilterMessage
  | ReconciliationMessage
  | UtreexoMessage
  | LegacyMessage
  | UnknownMessage

/** Messages of package relay (BIP331, draft): in a registry only where `packageMessages` is added to it. */
export type PackageMessage =
  | { readonly type: 'sendpackages'; readonly versions: bigint }
  | { readonly type: 'ancpkginfo'; readonly wtxids: readonly Wtxid[] }
  | { readonly type: 'getpkgtxns'; readonly wtxids: readonly Wtxid[] }
  | { readonly type: 'pkgtxns'; readonly transactions: readonly Transaction[] }

/** The known commands. */
export type MessageType = Exclude<Message['type'], 'unknown'>
/** One message of the union by its type. */
export type MessageOf<T extends Message['type']> = Extract<Message, { readonly type: T }>

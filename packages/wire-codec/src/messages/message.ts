import type { NetworkAddress } from '../addresses/network-address.ts'
import type { BlockHash, Hash256 } from '../hash/hashes.ts'
import type { Block } from '../primitives/block.ts'
import type { BlockHeader } from '../primitives/header.ts'
import type { Transaction } from '../primitives/transaction.ts'

/** An address as the `version` message carries it: no time, and IPv4 mapped into IPv6. */
export interface VersionAddress {
  readonly services: bigint
  /** 16 bytes. */
  readonly ip: Uint8Array
  readonly port: number
}

export interface VersionMessage {
  readonly type: 'version'
  /** Protocol version, signed 32-bit. */
  readonly version: number
  readonly services: bigint
  /** Seconds since 1970. */
  readonly time: number
  readonly receiver: VersionAddress
  readonly sender: VersionAddress
  readonly nonce: bigint
  /** BIP14, at most 256 bytes. */
  readonly userAgent: string
  readonly startHeight: number
  /** BIP37: whether transactions are to be announced at once. */
  readonly relay: boolean
}

/** An address with when it was last seen and what it serves (addr, addrv2). */
export interface GossipedAddress {
  /** Seconds since 1970. */
  readonly time: number
  readonly services: bigint
  readonly address: NetworkAddress
}

export interface InventoryVector {
  /** See `InventoryType`; the witness flag is bit 30. */
  readonly type: number
  readonly hash: Hash256
}

export interface Empty<T extends string> {
  readonly type: T
}

export interface UnknownMessage {
  readonly type: 'unknown'
  readonly command: string
  readonly payload: Uint8Array
}

export type Message =
  | VersionMessage
  | Empty<'verack'>
  | Empty<'wtxidrelay'>
  | Empty<'sendaddrv2'>
  | Empty<'sendheaders'>
  | Empty<'getaddr'>
  | { readonly type: 'sendcmpct'; readonly announce: boolean; readonly version: bigint }
  | { readonly type: 'ping'; readonly nonce: bigint }
  /** `nonce` is absent where the remote sent a payload too short to hold one. */
  | { readonly type: 'pong'; readonly nonce?: bigint }
  | { readonly type: 'addr'; readonly addresses: readonly GossipedAddress[] }
  | { readonly type: 'addrv2'; readonly addresses: readonly GossipedAddress[] }
  | { readonly type: 'inv'; readonly inventory: readonly InventoryVector[] }
  | { readonly type: 'getdata'; readonly inventory: readonly InventoryVector[] }
  | { readonly type: 'notfound'; readonly inventory: readonly InventoryVector[] }
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
  | UnknownMessage

/** The known commands. */
export type MessageType = Exclude<Message['type'], 'unknown'>
/** One message of the union by its type. */
export type MessageOf<T extends Message['type']> = Extract<Message, { readonly type: T }>

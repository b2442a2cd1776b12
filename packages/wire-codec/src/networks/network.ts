import type { BlockHash } from '../hash/hashes.ts'
import type { BlockHeader } from '../primitives/header.ts'

export type NetworkName = 'main' | 'testnet3' | 'testnet4' | 'signet' | 'regtest'

/** What sets one Bitcoin network apart from another on the wire and in its chain. */
export interface Network {
  readonly name: NetworkName
  /** First four bytes of a v1 message, and part of the BIP324 salt. */
  readonly magic: Uint8Array
  readonly defaultPort: number
  readonly genesis: BlockHeader
  readonly genesisHash: BlockHash
  /** Easiest allowed target, in compact form (nBits). */
  readonly powLimitBits: number
}

import type { BlockHash } from '../hash/hashes.ts'
import type { BlockHeader } from '../primitives/header.ts'

/** The networks that this package has the parameters of. A signet with another challenge is also `signet`. */
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
  readonly proofOfWork: ProofOfWorkRules
  /** From which heights on old rules bind. */
  readonly activationHeights: ActivationHeights
  /** How headers of a chain that has not shown its work yet are kept in check. */
  readonly headersSync: HeadersSyncParameters
  /**
   * Names that answer with addresses of nodes; `x<services in hex>.` before one
   * asks for nodes with those services.
   */
  readonly dnsSeeds: readonly DnsSeed[]
  /** The script that signs blocks (BIP325); on signets only. */
  readonly signetChallenge?: Uint8Array
}

/** How the difficulty of a network's chain is set. */
export interface ProofOfWorkRules {
  /** Seconds that a block is meant to take. */
  readonly targetSpacing: number
  /** Blocks from one change of the difficulty to the next. */
  readonly difficultyAdjustmentInterval: number
  /**
   * A block more than twice the target spacing after the one before it may have
   * the easiest target (testnets).
   */
  readonly allowMinDifficultyBlocks: boolean
  /** The difficulty never changes (regtest). */
  readonly noRetargeting: boolean
  /** BIP94: retarget from the first block of a period, and bound the time of the first block of the next. */
  readonly enforceBip94: boolean
  /**
   * Least work of a chain that is worth following; 0 where nothing is known of it (Core,
   * `nMinimumChainWork`).
   */
  readonly minimumChainWork: bigint
}

/** Height of the first block for which each rule binds. */
export interface ActivationHeights {
  /** Height in the coinbase, and version 2 at least. */
  readonly bip34: number
  /** OP_CHECKLOCKTIMEVERIFY, and version 4 at least. */
  readonly bip65: number
  /** Strict DER signatures, and version 3 at least. */
  readonly bip66: number
  /** BIP68, BIP112 and BIP113. */
  readonly csv: number
  /** BIP141, BIP143 and BIP147. */
  readonly segwit: number
}

/** Parameters of the two-phase header sync (Core, `HeadersSyncParams`). */
export interface HeadersSyncParameters {
  /** Headers between two remembered commitments of the first phase. */
  readonly commitmentPeriod: number
  /** Headers kept back in the second phase until their commitments are verified. */
  readonly redownloadBufferSize: number
}

/** A DNS name to ask for addresses. */
export interface DnsSeed {
  readonly host: string
  /** Services that the seed can be asked to filter by, each the number after the `x` in the name. */
  readonly serviceFilters: readonly bigint[]
}

import type { AddressNetwork, NetworkName } from '@sapwood/wire-codec'
import type { MemoryUse, WallTime } from '@sapwood/transport-v1v2/environment'
import type { LoopDelay } from '../platform/loop-delay-monitor.ts'
import type { PhaseName } from '../chain/phases.ts'

/** In the words of Bitcoin Core's `getnetworkinfo`. */
export interface NetworkInfo {
  /** Of this package. */
  readonly version: string
  /** Our user agent. */
  readonly subversion: string
  /** The newest that our `version` claims. */
  readonly protocolVersion: number
  /** The service bits that we offer. */
  readonly localServices: bigint
  /** Their names. */
  readonly localServicesNames: readonly string[]
  /** Whether transactions are announced to us. */
  readonly localRelay: boolean
  /** Whether connections are made and taken. */
  readonly networkActive: boolean
  /** Connections whose handshake is done. */
  readonly connections: number
  /** Of these, those that dialled us. */
  readonly connectionsIn: number
  /** Of these, those that we dialled. */
  readonly connectionsOut: number
  /** Each kind of address, and whether a way leads to it. */
  readonly networks: readonly { readonly name: AddressNetwork; readonly reachable: boolean }[]
  /** Addresses at which we can be reached, as text. */
  readonly localAddresses: readonly string[]
  /** Median of what outbound peers say that their clocks are ahead, in seconds. Shown, never used. */
  readonly timeOffset: number
}

/** In the words of Bitcoin Core's `getblockchaininfo`. */
export interface BlockchainInfo {
  /** Name of the network. */
  readonly chain: NetworkName
  /** Height that every following stream of blocks has reached; that of the headers where there is none. */
  readonly blocks: number
  /** Height of the best chain of headers. */
  readonly headers: number
  /** Hexadecimal, as people read it. */
  readonly bestBlockHash: string
  /** Of the tip, 1 being the easiest of mainnet. */
  readonly difficulty: number
  /** Seconds since 1970. */
  readonly time: number
  /** Median time past of the tip, seconds since 1970. */
  readonly medianTime: number
  /** 64 hexadecimal digits. */
  readonly chainWork: string
  /** Whether the node is far behind the chain. */
  readonly initialBlockDownload: boolean
}

/** How far the chain is proved (Utreexo). */
export interface UtreexoInfo {
  /** Height of the last block that is proved. */
  readonly height: number
  /** Leaves ever added. */
  readonly leaves: number
  /** Blocks of the best chain that are not proved yet. */
  readonly behind: number
  /** Blocks proved since the node began. */
  readonly proved: number
  /** Proofs asked for and not yet there. */
  readonly proofsInFlight: number
  /** Connected peers that offer proofs of new blocks. */
  readonly peers: number
  /** Connected peers that offer proofs of all blocks. */
  readonly archivePeers: number
  /** Why blocks are no longer proved. */
  readonly stopped?: string
}

/** A picture of the whole node. */
export interface NodeInfo {
  /** What the node is at. */
  readonly phase: PhaseName
  /** When it was made. */
  readonly startedAt: WallTime
  /** As Bitcoin Core's `getnetworkinfo`. */
  readonly network: NetworkInfo
  /** As Bitcoin Core's `getblockchaininfo`. */
  readonly blockchain: BlockchainInfo
  /** What connections and queues hold, of `memoryLimit`, in bytes. */
  readonly memory: MemoryUse
  /**
   * How late the event loop of the process was in the last minute, in milliseconds;
   * 0 on another clock than the system's.
   */
  readonly eventLoopDelay: LoopDelay
  /** Where the node was made with `utreexo`. */
  readonly utreexo?: UtreexoInfo
}

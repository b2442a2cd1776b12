import type { AddressNetwork, NetworkName } from '@sapwood/wire-codec'
import type { MemoryUse, WallTime } from '@sapwood/transport-v1v2/environment'
import type { LoopDelay } from '../platform/loop-delay-monitor.ts'
import type { PhaseName } from '../chain/phases.ts'

/** In the words of Bitcoin Core's `getnetworkinfo`. */
export interface NetworkInfo {
  readonly version: string
  /** Our user agent. */
  readonly subversion: string
  /** The newest that our `version` claims. */
  readonly protocolVersion: number
  readonly localServices: bigint
  readonly localServicesNames: readonly string[]
  readonly localRelay: boolean
  readonly networkActive: boolean
  /** Connections whose handshake is done. */
  readonly connections: number
  readonly connectionsIn: number
  readonly connectionsOut: number
  readonly networks: readonly { readonly name: AddressNetwork; readonly reachable: boolean }[]
  readonly localAddresses: readonly string[]
  /** Median of what outbound peers say that their clocks are ahead, in seconds. Shown, never used. */
  readonly timeOffset: number
}

/** In the words of Bitcoin Core's `getblockchaininfo`. */
export interface BlockchainInfo {
  readonly chain: NetworkName
  /** Height that every following stream of blocks has reached; that of the headers where there is none. */
  readonly blocks: number
  readonly headers: number
  /** Hexadecimal, as people read it. */
  readonly bestBlockHash: string
  readonly difficulty: number
  /** Seconds since 1970. */
  readonly time: number
  readonly medianTime: number
  /** 64 hexadecimal digits. */
  readonly chainWork: string
  readonly initialBlockDownload: boolean
}

/** How far the chain is proved (Utreexo). */
export interface UtreexoInfo {
  readonly height: number
  /** Leaves ever added. */
  readonly leaves: number
  /** Blocks of the best chain that are not proved yet. */
  readonly behind: number
  /** Blocks proved since the node began. */
  readonly proved: number
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
  readonly phase: PhaseName
  readonly startedAt: WallTime
  readonly network: NetworkInfo
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

import type { AnyMessage, Network, PeerAddress, Registry } from '@sapwood/wire-codec'
import type { LimitOptions, PeerServices, PeerTimeouts } from '@sapwood/peer'
import type { ConnectTimeouts, FallbackPolicy, TransportOptions } from '@sapwood/transport-v1v2'
import type { Clock, Logger, Random, Resolver } from '@sapwood/transport-v1v2/environment'
import type { BlockChecker } from '../blocks/block-checker.ts'
import type { BlockStore } from '../blocks/block-store.ts'
import type { BlockDownloadOptions } from '../blocks/block-download-options.ts'
import type { TransactionRelayOptions } from '../transactions/transaction-relay.ts'
import type { ChainCheckpoint } from '../chain/chain-checkpoint.ts'
import type { ReachOptions } from '../connections/reach-options.ts'
import type { NodeDialer } from '../connections/node-dialer.ts'
import type { Listener } from '../connections/listener.ts'
import type { SlotOptions } from '../connections/slots.ts'
import type { NodeMetrics } from './node-metrics.ts'
import type { UtreexoOptions } from '../utreexo/utreexo-options.ts'
import type { KeyValueStore } from '../store/key-value-store.ts'

/** All in milliseconds. */
export interface NodeTimeouts {
  /** For a dial and the agreement on a transport. See `ConnectTimeouts` of the transport. */
  readonly connect?: ConnectTimeouts
  readonly peer?: PeerTimeouts
  /** For a call of the handle that waits for the network, where the call does not say. Default: 60,000. */
  readonly call?: number
  /** For connections to end and the store to be flushed in `stop()`. Default: 5,000. */
  readonly stop?: number
}

/** What a node is to do. Only `network` has to be given. */
export interface NodeOptions extends ReachOptions {
  /** Which Bitcoin network; from `networks` of the wire codec. */
  readonly network: Network
  /**
   * Messages of the program's own, beside those of the protocol (`createRegistry(baseRegistry, codec)`). They
   * come as the event `own-message`, and are sent by `network.peer(id)`. Default: none.
   */
  readonly registry?: Registry<AnyMessage>
  /** BIP14. Default: `DEFAULT_USER_AGENT` of `@sapwood/peer`. */
  readonly userAgent?: string
  /**
   * Service bits to offer. Default: `WITNESS`, `P2P_V2`,
   * and `NETWORK` where `components.services` serves blocks. With `BLOOM` a peer's `mempool` (BIP35) is
   * answered with the own transactions that it has been told of, unless `components.services` answers it; the
   * filters of BIP37 are the program's.
   */
  readonly services?: bigint
  /**
   * Service bits that peers of the node's own choice must offer. Default: `NETWORK` and `WITNESS`; at the tip
   * `NETWORK_LIMITED` will do instead of `NETWORK`.
   */
  readonly servicesWanted?: bigint
  /**
   * Connect to these and to nobody else: no address manager, no seeds, no feelers. Text is `host`,
   * `host:port`, `[v6]:port`, an onion or an I2P address. Duplicates count once.
   */
  readonly connect?: readonly (PeerAddress | string)[]
  /** Peers to keep a connection to beside the others (Core's `-addnode`). */
  readonly addPeers?: readonly (PeerAddress | string)[]
  /** Peers to ask for addresses when there are none (Core's `-seednode`). */
  readonly seedNodes?: readonly (PeerAddress | string)[]
  /** Names to ask for addresses. Default: the network's own; `false`: none. */
  readonly dnsSeeds?: readonly string[] | false
  /** Whether to fall back to the addresses in this package. Default: true. */
  readonly fixedSeeds?: boolean
  /** How many connections of each kind. */
  readonly slots?: SlotOptions
  /**
   * When v1 is spoken. Default: Core's rule (`coreFallback`)
   * and a remote that speaks v1 first (`eagerFallback`).
   */
  readonly fallback?: FallbackPolicy
  readonly transport?: TransportOptions
  readonly limits?: LimitOptions
  readonly timeouts?: NodeTimeouts
  /** Whether to dial from the start. Default: true. See `network.setActive`. */
  readonly networkActive?: boolean
  /** Work that a chain needs before its headers are kept. Default: the network's minimum chain work. */
  readonly minimumChainWork?: bigint
  /**
   * A block that the chain begins with, in the place of genesis, in a store that is new: what is below is
   * neither downloaded nor known, and its work is believed. Filters begin there too; `components.blockStore`
   * and `utreexo` do not go with it. Default: genesis.
   */
  readonly checkpoint?: ChainCheckpoint
  /** How blocks are downloaded. */
  readonly blocks?: BlockDownloadOptions
  /** What is heard of transactions and kept. */
  readonly transactions?: TransactionRelayOptions
  /** Whether transactions are relayed; without it peers are asked to announce none. Default: true. */
  readonly relayTransactions?: boolean
  /**
   * Whether `filters` of the handle asks peers for compact block filters (BIP157); at least two of the
   * connections that the node makes for itself then go to peers that offer them, where such are known.
   * Default: false.
   */
  readonly filters?: boolean
  /**
   * Whether blocks are proved with the coins that they spend (Utreexo), from the start on; at least two of
   * the connections that the node makes for itself then go to peers that offer proofs, where such are known.
   * Default: no.
   */
  readonly utreexo?: UtreexoOptions | boolean
  /**
   * Bytes that all connections, and all queues that fill because of them, may hold together: messages in
   * part, read and not handled, waiting to be sent or served, and events that programs have not taken. Blocks
   * on their way to a program have a bound of their own (`blocks`). Default: 67,108,864.
   */
  readonly memoryLimit?: number
  /**
   * How long the persisted state may lag behind, in milliseconds. Default:
   * 900,000 (Core, `DUMP_PEERS_INTERVAL`).
   */
  readonly saveInterval?: number
}

/** What the node works with. Each has a default. */
export interface NodeComponents {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  /**
   * How peers are reached; wins over `proxy` and the options beside it, but not over `onlyNet`. Default: what
   * those ask for, else direct TCP.
   */
  readonly dialer?: NodeDialer
  /**
   * For DNS seeds. Default: the operating system's; with a `dialer` that says nothing of names: none, and
   * they go to that as they are. Not used where names are not to be looked up on this machine.
   */
  readonly resolver?: Resolver
  /** Default: silent. `pino` and `console` fit. */
  readonly logger?: Logger
  /**
   * What outlives the node, or the process: `createMemoryStore`, `openStore`, or one's own. Default:
   * nothing does.
   */
  readonly store?: KeyValueStore
  /**
   * Where the blocks of the best chain are kept, such as `openBlockStore` of `@sapwood/storage`: the node
   * fetches them by itself, in order, and gives them to programs from there. Whoever opened it closes it,
   * after the node. Default: blocks pass through.
   */
  readonly blockStore?: BlockStore
  /** Where remotes reach us. Default: nowhere. */
  readonly listeners?: readonly Listener[]
  /** Default: nothing is counted. */
  readonly metrics?: NodeMetrics
  /**
   * Checks blocks beside the node's own thread, as `createBlockCheckWorkers` of `@sapwood/node/check-workers`
   * does. Whoever made it ends it, after the node. Default: each block is checked where it arrives.
   */
  readonly blockChecker?: BlockChecker
  /** What is served beside headers, addresses and own transactions. */
  readonly services?: PeerServices
}

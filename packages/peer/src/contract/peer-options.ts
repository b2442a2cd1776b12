import type { AnyMessage, Network, PeerAddress, Registry } from '@sapwood/wire-codec'
import type { Clock, Logger, MemoryAccount, Random, TurnScheduler } from '@sapwood/transport-v1v2/environment'
import type { Channel } from './channel.ts'
import type { OwnNonces } from './own-nonces.ts'
import type { PeerId } from './peer-id.ts'
import type { ConnectionKind } from './connection-kind.ts'
import type { LimitOptions } from './limit-options.ts'
import type { PeerServices } from './peer-services.ts'
import type { PeerNotification } from './peer-message.ts'

/** What our `version` message says. It carries no address of ours. */
export interface VersionFacts {
  /** Default: 70,017 (BIP434). */
  readonly protocolVersion?: number
  /**
   * Service bits offered. Default: `WITNESS`: what is served carries witnesses, and without it some software
   * (btcd) gives out blocks, and takes transactions, in the stripped form only.
   */
  readonly services?: bigint
  /** BIP14. Default: `/sapwood:<version>/`. At most 256 bytes. */
  readonly userAgent?: string
  /** Height of our best chain. Default: 0. */
  readonly startHeight?: number
  /** BIP37. Default: by the connection's kind. */
  readonly relay?: boolean
}

/** All in milliseconds. */
export interface PeerTimeouts {
  /** For the whole version handshake. Default: 60,000 (Core's `-peertimeout`). */
  readonly handshake?: number
  /** Between pings. Default: 120,000 (Core, `PING_INTERVAL`). 0: no pings of its own. */
  readonly pingInterval?: number
  /** For the pong of a ping of its own. Default: 1,200,000 (Core, `TIMEOUT_INTERVAL`). */
  readonly pong?: number
  /** Without receiving, or without being able to send. Default: 1,200,000 (Core, `TIMEOUT_INTERVAL`). */
  readonly inactivity?: number
  /** For a request's answer, where the request does not say. Default: 60,000. */
  readonly request?: number
  /** For an `addr-fetch` connection to meet its purpose. Default: 300,000 (Core). */
  readonly addressFetch?: number
  /**
   * For a `private-broadcast` connection to meet its purpose. Default: 180,000 (Core,
   * `PRIVATE_BROADCAST_MAX_CONNECTION_LIFETIME`).
   */
  readonly privateBroadcast?: number
  /** For queued bytes to leave when the connection is ended. Default: 1,000. */
  readonly close?: number
}

/** `Own`: the messages of `registry`, where one is given. */
export interface PeerOptions<Own extends AnyMessage = never> {
  /** Default: `peerId(0)`. An owner of many peers gives each its own. */
  readonly id?: PeerId
  readonly kind: ConnectionKind
  readonly network: Network
  /**
   * The program's own messages (`createRegistry`), beside those of `baseRegistry`, which are always read and
   * written as the protocol has them. Its `shortIds` go to the transport. Default: `baseRegistry`; all else
   * is `unknown`.
   */
  readonly registry?: Registry<Own>
  /** Where the remote is, where known. */
  readonly address?: PeerAddress
  /** The remote is reached through a proxy: `version` then does not repeat its address. Default: false. */
  readonly proxied?: boolean
  /** Reported in `info()`: our side's address and port, as text. */
  readonly localAddress?: string
  /** Reported in `info()`, as in Core's `permissions`. Default: none. */
  readonly permissions?: readonly string[]
  readonly version?: VersionFacts
  /**
   * Service bits that the remote must offer, where its kind expects any; a function is given those that it
   * does offer. Default: none.
   */
  readonly servicesWanted?: bigint | ((offered: bigint) => bigint)
  /** Oldest protocol version accepted. Default: 31,800 (Core, `MIN_PEER_PROTO_VERSION`). */
  readonly minimumVersion?: number
  /**
   * A remote that does what Core calls misbehaving (blame `discourage`) stays connected: the message is
   * dropped, and told by the event `misbehaved`. Broken framing ends every connection. Default: true for
   * `manual` connections, as in Core.
   */
  readonly tolerant?: boolean
  readonly timeouts?: PeerTimeouts
  readonly limits?: LimitOptions
  /** BIP434 features to announce: data by feature id (4 to 80 bytes of text; at most 512 bytes of data). */
  readonly features?: ReadonlyMap<string, Uint8Array>
  /** Whether the handshake sends `getaddr`. Default: by the connection's kind, as Core. */
  readonly askForAddresses?: boolean
  /** Whether to ask for block announcements by headers (BIP130) once ready. Default: true. */
  readonly preferHeaders?: boolean
  /** Whether to say that compact blocks (BIP152, version 2) are understood once ready. Default: true. */
  readonly compactBlocks?: boolean
  /** Fee filter to announce once ready, in satoshi per 1,000 virtual bytes (BIP133). Default: none. */
  readonly feeFilter?: bigint
  /** A transaction to send on a `private-broadcast` connection: its txid and serialisation. */
  readonly privateTransaction?: { readonly txid: Uint8Array; readonly payload: Uint8Array }
  /** Ends the connection. */
  readonly signal?: AbortSignal
}

/** What a peer works with. */
export interface PeerComponents<Own extends AnyMessage = never> {
  /** Default: `systemClock`. */
  readonly clock?: Clock
  /** Default: `systemRandom`. */
  readonly random?: Random
  readonly logger?: Logger
  /** What is served to the remote. Default: nothing. */
  readonly services?: PeerServices
  /**
   * Where notifications go; usually one channel for all peers of a node. While it is full, this peer's socket
   * is not read. Default: a channel of the peer's own, read by `messages()`.
   */
  readonly notifications?: Pick<Channel<PeerNotification<Own>>, 'send' | 'trySend'>
  /**
   * The account that counts what this connection makes us hold; the peer closes it at the end, and ends when
   * it is evicted (`memory-full`). The one that the transport was opened with. Default: nothing is refused.
   */
  readonly memory?: MemoryAccount
  /** Who gives the event loop its turn back. Default: the system's with `systemClock`, else none. */
  readonly scheduler?: TurnScheduler
  /** Nonces of all our own connections, shared between them, by which a connection to ourselves is known. */
  readonly ownNonces?: OwnNonces
}

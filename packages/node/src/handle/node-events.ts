import type { NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import type { ConnectionKind, DisconnectReport, PeerId, PeerVersion } from '@sapwood/peer'
import type { WallTime, TransportProtocol } from '@sapwood/transport-v1v2'
import type { BanEntry } from '../bans/ban-list.ts'
import type { BlockRef, TipChange } from '../chain/header-chain-types.ts'
import type { PhaseName } from '../phases/phase.ts'
import type { PrivateBroadcastState } from '../transactions/private-broadcast-types.ts'
import type { BroadcastState, HeardTransaction } from '../transactions/transaction-relay-types.ts'

/** A connection, as the events name it. `address` is absent for a remote that reached us through a hidden service. */
export interface ConnectionFacts {
  readonly peer: PeerId
  readonly kind: ConnectionKind
  readonly address?: PeerAddress
}

/** Everything that a program is told of, by name. */
export interface NodeEvents {
  /** The node went from one phase to the next (or back, when the tip grew stale). */
  phase: { readonly phase: PhaseName; readonly previous?: PhaseName }
  /** A dial began. It ends in `peer-connected` or `connection-failed`. */
  'peer-connecting': ConnectionFacts
  /** The remote was not reached, or did not agree on a transport. */
  'connection-failed': ConnectionFacts & { readonly error: Error; readonly retryIn?: number }
  /** Both sides agree on a transport; the version handshake begins. */
  'peer-connected': ConnectionFacts & {
    readonly protocol: TransportProtocol
    /** BIP324 session id, 32 bytes; v2 only. */
    readonly sessionId?: Uint8Array
  }
  /**
   * A connection speaks v1 though v2 was tried first on it, or the remote then says that it speaks v2 (BIP324): it can be read
   * and changed on its way, and somebody on that way may have wanted that.
   */
  'transport-downgraded': ConnectionFacts & {
    /** Why v2 failed; absent where it was not tried. */
    readonly error?: Error
  }
  /** The version handshake is done. */
  'peer-ready': ConnectionFacts & { readonly version: PeerVersion; readonly protocol: TransportProtocol }
  /** A connection ended, and why: every `peer-connected` is followed by exactly one of these. */
  'peer-disconnected': ConnectionFacts & DisconnectReport & { readonly retryIn?: number }
  /** A remote that dialled us was not let in. */
  'inbound-refused': {
    readonly address?: NetworkAddress
    readonly why: 'banned' | 'discouraged' | 'full' | 'network-inactive' | 'handshake-failed'
    readonly error?: Error
  }
  /** An address misbehaved and is avoided from now on. */
  discouraged: { readonly address: NetworkAddress; readonly peer: PeerId; readonly detail: string }
  'ban-added': { readonly ban: BanEntry }
  'ban-lifted': { readonly ban: BanEntry; readonly why: 'expired' | 'requested' }
  /** Addresses entered the address tables. */
  'addresses-added': { readonly count: number; readonly from?: PeerId | 'dns' | 'fixed-seeds' | 'seed-node' }
  /** The best header chain moved. */
  'tip-changed': { readonly change: TipChange; readonly from?: PeerId }
  /** A message with headers has been worked through; this is the best header now. */
  'headers-progress': { readonly tip: BlockRef; readonly from?: PeerId }
  /** A block arrived, passed its checks and was handed on. */
  'block-received': { readonly block: BlockRef; readonly from: PeerId; readonly bytes: number }
  /** A block broke a rule that is checked; what builds on it is out of the running. */
  'block-invalid': { readonly block: BlockRef; readonly rule: string; readonly from?: PeerId }
  /**
   * A program waits for a block that no connected peer has: each has said so, or keeps recent blocks only. It stays wanted, and is
   * asked of whoever comes. For the next block of a stream it is told when that has been so for a minute.
   */
  'block-unavailable': { readonly block: BlockRef }
  /** A transaction was heard and entered the pool. Nobody has checked its scripts or its inputs. */
  'transaction-heard': { readonly heard: HeardTransaction; readonly from: PeerId }
  /** A broadcast was announced, asked for, seen back or confirmed. */
  'broadcast-changed': { readonly broadcast: BroadcastState }
  /** A private broadcast began, a connection for it was begun or ended, or its transaction came back. */
  'private-broadcast-changed': { readonly broadcast: PrivateBroadcastState }
  'network-active': { readonly active: boolean }
  /** This subscription did not keep up: `count` events were left out here. */
  'events-dropped': { readonly count: number }
  /** The last event. */
  stopped: { readonly why: 'requested' | 'failed'; readonly error?: Error }
}

export type NodeEventName = keyof NodeEvents
/** One event: its name in `type`, when it happened, its facts. */
export type NodeEventOf<Name extends NodeEventName> = {
  readonly [Each in Name]: { readonly type: Each; readonly at: WallTime } & NodeEvents[Each]
}[Name]
export type NodeEvent = NodeEventOf<NodeEventName>

export interface SubscribeOptions<Name extends NodeEventName = NodeEventName> {
  /** Which events. Default: all. */
  readonly types?: readonly Name[]
  /** Events held for a subscriber that does not keep up; older ones are dropped and counted. Default: 1,000. */
  readonly buffer?: number
  /** Bytes of them, the transactions that they tell of included. Default: 4,000,000. */
  readonly bufferBytes?: number
  /** Ends the iteration. */
  readonly signal?: AbortSignal
}

/** Stops a listener. */
export type StopListening = () => void

export interface NodeEventSource {
  /** Events from now on, in order, until the node has stopped. Each call is a subscription of its own. */
  subscribe<Name extends NodeEventName = NodeEventName>(
    options?: SubscribeOptions<Name>,
  ): AsyncIterableIterator<NodeEventOf<Name>>
  /**
   * Calls `listener` for each event of that name, synchronously. What it throws, or its promise rejects with, is logged and goes
   * no further.
   */
  on<Name extends NodeEventName>(name: Name, listener: (event: NodeEventOf<Name>) => void): StopListening
  /** The next event of that name that passes `filter`; rejects with what `filter` throws. */
  next<Name extends NodeEventName>(
    name: Name,
    options?: {
      readonly filter?: (event: NodeEventOf<Name>) => boolean
      readonly signal?: AbortSignal
      /** Milliseconds. Default: no deadline. */
      readonly timeout?: number
    },
  ): Promise<NodeEventOf<Name>>
}

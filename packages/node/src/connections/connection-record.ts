import type { AddressNetwork, NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import type { ConnectionKind, Peer, PeerId, PeerVersion } from '@sapwood/peer'
import type { TransportProtocol } from '@sapwood/transport-v1v2'
import type { Instant, MemoryAccount } from '@sapwood/transport-v1v2/environment'
import type { AddressKey } from '../addresses/address-key.ts'
import type { InboundStream } from './listener.ts'

/** How far a connection has come. */
type ConnectionStage = 'dialling' | 'accepting' | 'handshaking' | 'ready'

/** What a `private-broadcast` connection is for. */
export interface PrivateTransaction {
  readonly txid: Uint8Array
  readonly payload: Uint8Array
  readonly hasWitness: boolean
}

/** One connection, from the decision to make it to its end. Owned by the connection manager. */
export interface ConnectionRecord {
  readonly id: PeerId
  readonly kind: ConnectionKind
  readonly address?: PeerAddress
  /** The address's name in maps. */
  readonly key?: AddressKey
  readonly via?: InboundStream['via']
  readonly localAddress?: string
  /** For a `private-broadcast` connection. */
  readonly privateTransaction?: PrivateTransaction | undefined
  readonly startedAt: Instant
  /** Never evicted, never punished: added by hand, or permitted. */
  readonly protected: boolean
  /** Which of the addresses of its name the connection goes to, once that is known. */
  reached?: NetworkAddress
  /** Something else than we ourselves connects to the address, which the remote is not told then. */
  readonly proxied?: boolean
  /** What is held of the connection's messages, of the node's budget. Closed with the connection. */
  readonly memory: MemoryAccount
  /** Ends the dial or the transport's handshake. */
  readonly abort: AbortController
  stage: ConnectionStage
  peer?: Peer
  protocol?: TransportProtocol
  sessionId?: Uint8Array
  version?: PeerVersion
  readyAt?: Instant
  /** When it last brought a block that was new, or announced one. */
  lastBlock: number
  lastTransaction: number
  /** Its host misbehaved before. */
  discouraged: boolean
  /** v1 is spoken after v2 had been tried. */
  downgraded: boolean
  /** It has asked for addresses; it may have done so before it was `ready`. */
  askedForAddresses?: boolean
  /** It is being ended, and is still here until that is done. */
  leaving: boolean
}

/** A record whose peer is past its handshake. */
export type ReadyConnection = ConnectionRecord & {
  readonly peer: Peer
  readonly version: PeerVersion
  readonly protocol: TransportProtocol
}

export function isReady(record: ConnectionRecord): record is ReadyConnection {
  return record.stage === 'ready'
}

/** Where the remote is, as far as that is known: the address that was dialled, or that its name led to. */
export function remoteOf(record: Pick<ConnectionRecord, 'address' | 'reached'>): NetworkAddress | undefined {
  const { address, reached } = record
  return address?.network === 'name' ? reached : address
}

/**
 * The network that a connection goes through: where somebody dialled us, that in which he did; of a name that
 * a proxy looks up, one in which everybody can be told apart.
 */
export function networkOf(record: Pick<ConnectionRecord, 'address' | 'reached' | 'via'>): AddressNetwork {
  if (record.via === 'onion') return 'torv3'
  if (record.via === 'i2p') return 'i2p'
  return remoteOf(record)?.network ?? 'ipv4'
}

import type { PeerAddress } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import type { PeerId } from './peer-id.ts'
import type { ConnectionKind } from './connection-kind.ts'
import type { PeerState } from './disconnect-reason.ts'

/** Bytes and messages of one type. Bytes are what crossed the wire, framing included. */
export interface MessageCount {
  readonly messages: number
  readonly bytes: number
}

/**
 * How far the owner has followed the remote's chain; the owner's to set (`setChainProgress`). -1: not known.
 */
export interface ChainProgress {
  /** Height of headers that were looked at and not kept: their chain has yet to show its work. */
  readonly presyncedHeaders: number
  /** Height of the best block that the remote is known to have. */
  readonly syncedHeaders: number
  /** Height of the last block of the best chain that both have; -1 where the owner keeps no blocks. */
  readonly syncedBlocks: number
}

/**
 * What Bitcoin Core's `getpeerinfo` says of a peer; the README maps the names. Times are instants or
 * milliseconds.
 */
export interface PeerInfo extends ChainProgress {
  /** Of this connection; no other of the node has it, later ones included. */
  readonly id: PeerId
  /** How far the connection has come. */
  readonly state: PeerState | 'closed'
  /** Where it was dialled, or comes from; absent where the transport knows none. */
  readonly address?: PeerAddress
  /** Our end of the connection, as text, where the transport knows it. */
  readonly localAddress?: string
  /** Our address as the remote sees it: 16 bytes and a port. */
  readonly seenAs?: { readonly ip: Uint8Array; readonly port: number }
  /** Why the connection is there. */
  readonly connectionKind: ConnectionKind
  /** Whether the remote dialled. */
  readonly inbound: boolean
  /** How messages travel: `v2` is encrypted (BIP324). */
  readonly transport: 'v1' | 'v2'
  /** 64 hexadecimal characters; v2 only. */
  readonly sessionId?: string
  /** The remote's protocol version; 0 until it has said it. */
  readonly version: number
  /** Cleaned, as in `PeerVersion`. */
  readonly userAgent: string
  /** The remote's service bits. */
  readonly services: bigint
  /** The names of the service bits that have one. */
  readonly serviceNames: readonly string[]
  /** Height that the remote claimed in its `version`. */
  readonly startingHeight: number
  /** Whether transactions are announced to the remote. */
  readonly relayTransactions: boolean
  /** BIP339: transactions are announced by their wtxid. */
  readonly wtxidRelay: boolean
  /** BIP155: the remote takes `addrv2`. */
  readonly addrv2: boolean
  /** Seconds that the remote's clock is ahead. */
  readonly timeOffset: number
  /** When the connection was made. */
  readonly connectedAt: WallTime
  /** When bytes were last sent. */
  readonly lastSend?: WallTime
  /** When bytes last came. */
  readonly lastReceive?: WallTime
  /** When a transaction last came. */
  readonly lastTransaction?: WallTime
  /** When a block last came. */
  readonly lastBlock?: WallTime
  /** Bytes on the wire, framing included. */
  readonly bytesSent: number
  /** Bytes on the wire, framing included. */
  readonly bytesReceived: number
  /** Messages sent, by command. */
  readonly sentByMessage: Readonly<Record<string, MessageCount>>
  /** Messages received, by command. */
  readonly receivedByMessage: Readonly<Record<string, MessageCount>>
  /** Round trip of the last ping, in milliseconds. */
  readonly pingTime?: number
  /** The shortest round trip, in milliseconds. */
  readonly minimumPing?: number
  /** The mean round trip, in milliseconds. */
  readonly averagePing?: number
  /** How long the ping under way has been waiting. */
  readonly pingWait?: number
  /** Hashes of the blocks asked for and not yet received, in hexadecimal as people read it. */
  readonly blocksInFlight: readonly string[]
  /** Requests that wait for their replies. */
  readonly requestsInFlight: number
  /** BIP152: whether we asked for, or were asked for, high-bandwidth compact blocks. */
  readonly compactHighBandwidthTo: boolean
  /** As above, where the remote asked us. */
  readonly compactHighBandwidthFrom: boolean
  /** BIP130: the remote wants new blocks announced by headers. */
  readonly prefersHeaders: boolean
  /** BIP133, satoshi per 1,000 virtual bytes. */
  readonly minimumFeeFilter: bigint
  /** Whether addresses are exchanged with the remote. */
  readonly addressRelayEnabled: boolean
  /** Addresses taken of the remote. */
  readonly addressesProcessed: number
  /** Addresses passed over because the remote sent too many. */
  readonly addressesRateLimited: number
  /** What the remote may do beyond others. */
  readonly permissions: readonly string[]
  /** Bytes that wait to be sent. */
  readonly queuedBytes: number
  /** Messages that were dropped because they did not decode. */
  readonly malformedMessages: number
  /** Times that this peer's socket stood still because its owner, or its remote, did not keep up. */
  readonly stalls: number
}

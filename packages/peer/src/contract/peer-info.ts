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
  readonly presyncedHeaders: number
  readonly syncedHeaders: number
  readonly syncedBlocks: number
}

/**
 * What Bitcoin Core's `getpeerinfo` says of a peer; the README maps the names. Times are instants or
 * milliseconds.
 */
export interface PeerInfo extends ChainProgress {
  readonly id: PeerId
  readonly state: PeerState | 'closed'
  readonly address?: PeerAddress
  readonly localAddress?: string
  /** Our address as the remote sees it: 16 bytes and a port. */
  readonly seenAs?: { readonly ip: Uint8Array; readonly port: number }
  readonly connectionKind: ConnectionKind
  readonly inbound: boolean
  readonly transport: 'v1' | 'v2'
  /** 64 hexadecimal characters; v2 only. */
  readonly sessionId?: string
  readonly version: number
  /** Cleaned, as in `PeerVersion`. */
  readonly userAgent: string
  readonly services: bigint
  readonly serviceNames: readonly string[]
  readonly startingHeight: number
  /** Whether transactions are announced to the remote. */
  readonly relayTransactions: boolean
  readonly wtxidRelay: boolean
  readonly addrv2: boolean
  /** Seconds that the remote's clock is ahead. */
  readonly timeOffset: number
  readonly connectedAt: WallTime
  readonly lastSend?: WallTime
  readonly lastReceive?: WallTime
  readonly lastTransaction?: WallTime
  readonly lastBlock?: WallTime
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly sentByMessage: Readonly<Record<string, MessageCount>>
  readonly receivedByMessage: Readonly<Record<string, MessageCount>>
  /** Round trip of the last ping, in milliseconds. */
  readonly pingTime?: number
  readonly minimumPing?: number
  readonly averagePing?: number
  /** How long the ping under way has been waiting. */
  readonly pingWait?: number
  /** Hashes of the blocks asked for and not yet received, in hexadecimal as people read it. */
  readonly blocksInFlight: readonly string[]
  readonly requestsInFlight: number
  /** BIP152: whether we asked for, or were asked for, high-bandwidth compact blocks. */
  readonly compactHighBandwidthTo: boolean
  readonly compactHighBandwidthFrom: boolean
  /** BIP130: the remote wants new blocks announced by headers. */
  readonly prefersHeaders: boolean
  /** BIP133, satoshi per 1,000 virtual bytes. */
  readonly minimumFeeFilter: bigint
  readonly addressRelayEnabled: boolean
  readonly addressesProcessed: number
  readonly addressesRateLimited: number
  readonly permissions: readonly string[]
  readonly queuedBytes: number
  /** Messages that were dropped because they did not decode. */
  readonly malformedMessages: number
  /** Times that this peer's socket stood still because its owner, or its remote, did not keep up. */
  readonly stalls: number
}

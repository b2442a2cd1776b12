import type { Instant } from '@sapwood/transport-v1v2/environment'
import { type ConnectionKind, kindBehaviour } from '../contract/connection-kind.ts'
import type { ChainProgress } from '../contract/peer-info.ts'

/**
 * What `info()` tells of a connection beside what its parts know: written where it happens, read in one
 * place.
 */
export class PeerRecord {
  readonly connectedAt: Instant
  lastSend: Instant | undefined
  lastReceive: Instant | undefined
  lastBlock: Instant | undefined
  lastTransaction: Instant | undefined
  malformedMessages = 0
  /** Times that this peer's socket stood still because its owner, or its remote, did not keep up. */
  stalls = 0
  progress: ChainProgress = { presyncedHeaders: -1, syncedHeaders: -1, syncedBlocks: -1 }
  addressRelayEnabled: boolean
  /** BIP130: the remote wants blocks announced by headers. */
  prefersHeaders = false
  /** BIP152: compact blocks come, or leave, without being asked for. */
  compactHighBandwidthFrom = false
  compactHighBandwidthTo = false
  /** BIP133, satoshi per 1,000 virtual bytes. */
  feeFilter = 0n

  constructor(kind: ConnectionKind, connectedAt: Instant) {
    const { relaysAddresses, direction } = kindBehaviour[kind]
    this.connectedAt = connectedAt
    this.addressRelayEnabled = relaysAddresses && direction === 'outbound'
  }
}

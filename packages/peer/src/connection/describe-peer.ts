import { type AnyMessage, bytesToHex, hashToHex, serviceNames, type ShortIds } from '@sapwood/wire-codec'
import type { Transport, TransportStats } from '@sapwood/transport-v1v2'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { PeerProtocol } from '../protocol/peer-protocol.ts'
import type { MessageCount, PeerInfo } from '../contract/peer-info.ts'
import type { PeerOptions } from '../contract/peer-options.ts'
import { wireSize } from './wire-size.ts'

export interface PeerSnapshot {
  readonly options: PeerOptions<AnyMessage> & Required<Pick<PeerOptions, 'id'>>
  readonly transport: Transport
  readonly stats: TransportStats
  readonly protocol: PeerProtocol
  readonly state: PeerInfo['state']
  readonly clock: Clock
}

/** What Bitcoin Core's `getpeerinfo` says of a peer. */
export function describePeer(snapshot: PeerSnapshot): PeerInfo {
  const { options, transport, stats, protocol, clock } = snapshot
  const { keepAlive, addressLimit, record, requests } = protocol
  const version = protocol.handshake.negotiation.settled()
  const pingWait = keepAlive.pingWait(clock.now())
  // What is not known is left out: `'pingTime' in info` means what it says.
  return {
    ...record.progress,
    id: options.id,
    state: snapshot.state,
    ...(options.address !== undefined && { address: options.address }),
    ...(options.localAddress !== undefined && { localAddress: options.localAddress }),
    ...(version?.seenAs !== undefined && { seenAs: version.seenAs }),
    connectionKind: options.kind,
    inbound: protocol.behaviour.direction === 'inbound',
    transport: transport.protocol,
    ...(transport.sessionId !== undefined && { sessionId: bytesToHex(transport.sessionId) }),
    version: version?.version ?? 0,
    userAgent: version?.userAgent ?? '',
    services: version?.services ?? 0n,
    serviceNames: serviceNames(version?.services ?? 0n),
    startingHeight: version?.startHeight ?? -1,
    relayTransactions: protocol.behaviour.relaysTransactions && version?.relay === true,
    wtxidRelay: version?.wtxidRelay ?? false,
    addrv2: version?.addrv2 ?? false,
    timeOffset: version?.timeOffset ?? 0,
    connectedAt: clock.wallTime(record.connectedAt),
    ...(record.lastSend !== undefined && { lastSend: clock.wallTime(record.lastSend) }),
    ...(record.lastReceive !== undefined && { lastReceive: clock.wallTime(record.lastReceive) }),
    ...(record.lastTransaction !== undefined && { lastTransaction: clock.wallTime(record.lastTransaction) }),
    ...(record.lastBlock !== undefined && { lastBlock: clock.wallTime(record.lastBlock) }),
    bytesSent: stats.bytesSent,
    bytesReceived: stats.bytesReceived,
    sentByMessage: onTheWire(transport.protocol, stats.sent, options.registry?.shortIds),
    receivedByMessage: onTheWire(transport.protocol, stats.received, options.registry?.shortIds),
    ...(keepAlive.pingTime !== undefined && { pingTime: keepAlive.pingTime }),
    ...(keepAlive.minimumPing !== undefined && { minimumPing: keepAlive.minimumPing }),
    ...(keepAlive.averagePing !== undefined && { averagePing: keepAlive.averagePing }),
    ...(pingWait !== undefined && { pingWait }),
    blocksInFlight: requests.blocksInFlight().map(hashToHex),
    requestsInFlight: requests.size,
    compactHighBandwidthTo: record.compactHighBandwidthTo,
    compactHighBandwidthFrom: record.compactHighBandwidthFrom,
    prefersHeaders: record.prefersHeaders,
    minimumFeeFilter: record.feeFilter,
    addressRelayEnabled: record.addressRelayEnabled,
    addressesProcessed: addressLimit.processed,
    addressesRateLimited: addressLimit.rateLimited,
    permissions: options.permissions ?? [],
    queuedBytes: transport.writer.queuedBytes,
    malformedMessages: record.malformedMessages,
    stalls: record.stalls,
  }
}

/** The transport counts payloads; Bitcoin Core, and we with it, what they took on the wire. */
function onTheWire(
  protocol: 'v1' | 'v2',
  counts: TransportStats['sent'],
  shortIds: ShortIds | undefined,
): Readonly<Record<string, MessageCount>> {
  return Object.fromEntries(
    Array.from(counts, ([command, { messages, bytes }]) => [
      command,
      { messages, bytes: bytes + messages * wireSize(protocol, command, 0, shortIds) },
    ]),
  )
}

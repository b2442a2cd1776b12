import {
  type AnyMessage,
  hasServices,
  type NetworkAddress,
  type Registry,
  Services,
} from '@sapwood/wire-codec'
import {
  type ConnectionKind,
  createOwnNonces,
  createPeer,
  type DisconnectReport,
  type LimitOptions,
  type PeerId,
  type PeerMessage,
  type PeerServices,
  type PeerTimeouts,
  type PeerVersion,
  peerId,
  type VersionFacts,
} from '@sapwood/peer'
import { type Connection, isTransportError, type Transport } from '@sapwood/transport-v1v2'
import type { MemoryBudget, MemoryRank } from '@sapwood/transport-v1v2/environment'
import { addressKey } from '../addresses/address-key.ts'
import { isNodeError, NodeError } from '../errors/node-error.ts'
import type { EventSink } from '../events/event-source.ts'
import type { AddedPeers } from './added-peers.ts'
import { type CloseRequest, closeConnection, ended } from './close-connection.ts'
import type { ConnectionEvents, ConnectionFacts } from './connection-events.ts'
import type { TransportNotification } from './connection-notification.ts'
import { type ConnectionRecord, isReady, type ReadyConnection } from './connection-record.ts'
import type { InboundStream } from './listener.ts'
import type { NetworkSwitch } from './network-switch.ts'
import {
  type DialRequest,
  TransportOpener,
  type TransportOpenerComponents,
  type TransportOpenerOptions,
} from './transport-opener.ts'

export interface ConnectionManagerOptions extends TransportOpenerOptions {
  /** What our `version` says on a connection of this kind, now. */
  readonly version: (kind: ConnectionKind) => VersionFacts
  /** Service bits that a peer of our own choice must offer now, given those that it does offer. */
  readonly servicesWanted: (offered: bigint) => bigint
  readonly limits: LimitOptions
  /** The program's own messages. */
  readonly registry?: Registry<AnyMessage>
  readonly peerTimeouts: PeerTimeouts
}

export interface ConnectionManagerComponents extends TransportOpenerComponents {
  readonly events: EventSink<ConnectionEvents>
  readonly services: PeerServices
  /** Told when the connection of one of them ends: it knows when to try again. */
  readonly added: Pick<AddedPeers, 'ended' | 'standsFor'>
  readonly networkSwitch: Pick<NetworkSwitch, 'isOn'>
  readonly observer: ConnectionObserver
  /** What all connections together may hold. */
  readonly memory: MemoryBudget
}

/** What the rest of the node does when a connection changes. Called on the loop. */
interface ConnectionObserver {
  ready(record: ReadyConnection): void
  /** Without a report: a dial failed, or a remote that dialled us did not agree on a transport. */
  closed(record: ConnectionRecord, report: DisconnectReport | undefined): void
}

/**
 * Makes connections, keeps them and sees them end: has a transport made for each (`TransportOpener`), starts
 * a peer on it, and tells the rest of the node. Its methods are called on the loop only.
 */
export class ConnectionManager {
  readonly #options: ConnectionManagerOptions
  readonly #parts: ConnectionManagerComponents
  readonly #ownNonces = createOwnNonces()
  readonly #transports: TransportOpener
  #nextId = 0

  constructor(options: ConnectionManagerOptions, components: ConnectionManagerComponents) {
    this.#options = options
    this.#parts = components
    this.#transports = new TransportOpener(options, components)
  }

  /**
   * Begins a dial.
   * @throws NodeError `already-connected` when a connection to the address exists or is being made.
   */
  open(request: DialRequest): ConnectionRecord {
    const { address, kind } = request
    if (this.#parts.table.to(address) !== undefined) {
      throw new NodeError('already-connected', 'A connection to the address exists, or is being made')
    }
    const record = this.#record({
      kind,
      address,
      key: addressKey(address),
      stage: 'dialling',
      protected: kind === 'manual',
      proxied: this.#transports.isProxied(request),
      privateTransaction: request.privateTransaction,
    })
    this.#parts.events.emit('peer-connecting', connectionFacts(record))
    void this.#transports.dial(record, request)
    return record
  }

  /** Begins the responder's side of a connection that has been let in. */
  admit(inbound: InboundStream): ConnectionRecord {
    const { address } = inbound
    const record = this.#record({
      kind: 'inbound',
      stage: 'accepting',
      protected: false,
      via: inbound.via,
      ...(address !== undefined && { address, key: addressKey(address) }),
      ...(inbound.localAddress !== undefined && { localAddress: inbound.localAddress }),
    })
    void this.#transports.accept(record, inbound)
    return record
  }

  /** A dial or an accept came to its end. */
  onTransport(notification: TransportNotification): void {
    const record = this.#parts.table.get(notification.peer)
    const { outcome } = notification
    if (record === undefined) {
      if ('transport' in outcome) outcome.transport.abort(ended())
      return
    }
    if ('error' in outcome) {
      this.#fail(record, outcome.error)
    } else if (record.abort.signal.aborted) {
      outcome.transport.abort(ended())
      this.#fail(record, ended())
    } else {
      this.#begin(record, outcome.transport)
    }
  }

  /**
   * What a program gave may throw when a peer is made, or be nothing that a peer can say: without a peer
   * nobody would ever hear of the connection again, and it would hold its place.
   */
  #begin(record: ConnectionRecord, transport: Transport): void {
    try {
      this.#start(record, transport)
    } catch (cause) {
      if (record.peer !== undefined) throw cause
      this.#parts.logger.error({ ...connectionFacts(record), err: cause }, 'a connection could not be begun')
      const error = cause instanceof Error ? cause : new Error(String(cause))
      transport.abort(error)
      this.#fail(record, error)
    }
  }

  #fail(record: ConnectionRecord, error: Error): void {
    const { added, events, logger, observer } = this.#parts
    this.#remove(record)
    const code = isTransportError(error) ? error.code : error.name
    logger.debug({ peer: record.id, kind: record.kind, code }, 'no connection')
    observer.closed(record, undefined)
    // It is one that is connected: no fault of its address, and to be tried when that connection has ended.
    const isConnected = isNodeError(error) && error.code === 'already-connected'
    const retryIn = record.key && !isConnected ? added.ended(record.key, undefined) : undefined
    if (record.kind === 'inbound') {
      const address = record.address as NetworkAddress | undefined
      events.emit('inbound-refused', {
        why: 'handshake-failed',
        error,
        ...(address !== undefined && { address }),
      })
      return
    }
    events.emit('connection-failed', {
      ...connectionFacts(record),
      error,
      ...(retryIn !== undefined && { retryIn }),
    })
  }

  #start(record: ConnectionRecord, transport: Transport): void {
    const { clock, random, logger, notifications, services, events } = this.#parts
    const { network, limits, peerTimeouts, registry } = this.#options
    const address = record.address
    record.protocol = transport.protocol
    if (transport.sessionId !== undefined) record.sessionId = transport.sessionId
    record.stage = 'handshaking'
    const error = failedV2(transport)
    record.downgraded = error !== undefined
    record.peer = createPeer(
      transport,
      {
        id: record.id,
        kind: record.kind,
        network,
        limits,
        timeouts: peerTimeouts,
        ...(registry !== undefined && { registry: registry as Registry<never> }),
        version: this.#options.version(record.kind),
        servicesWanted: this.#options.servicesWanted,
        signal: record.abort.signal,
        permissions: record.protected ? ['noban'] : [],
        tolerant: record.protected,
        ...(record.proxied !== undefined && { proxied: record.proxied }),
        ...(address !== undefined && { address }),
        ...(record.localAddress !== undefined && { localAddress: record.localAddress }),
        ...(record.privateTransaction !== undefined && { privateTransaction: record.privateTransaction }),
      },
      {
        clock,
        random,
        logger,
        services,
        notifications,
        ownNonces: this.#ownNonces,
        memory: record.memory,
      },
    )
    // In the turn in which the peer was made: whoever listens to it now hears all that is said.
    events.emit('peer-connected', {
      ...connectionFacts(record),
      protocol: transport.protocol,
      ...(record.sessionId !== undefined && { sessionId: record.sessionId }),
    })
    if (error !== undefined) events.emit('transport-downgraded', { ...connectionFacts(record), error })
    let hasMisbehaved = false
    record.peer.events.on('misbehaved', ({ reason }) => {
      // Once is enough: what it repeats would fill the log.
      if (!hasMisbehaved)
        logger.warn({ ...connectionFacts(record), reason }, 'a peer misbehaved, and is kept')
      hasMisbehaved = true
    })
    // Its outcome reaches the loop as a notification; the promise is for owners without one.
    record.peer.handshake.catch(() => undefined)
  }

  /**
   * What a peer said of its own connection.
   * @returns the record where the message is for the rest of the node to handle.
   */
  onPeer(id: PeerId, message: PeerMessage): ConnectionRecord | undefined {
    const record = this.#parts.table.get(id)
    if (record === undefined) return undefined
    switch (message.type) {
      case 'ready':
        this.#ready(record, message.version)
        return undefined
      case 'disconnected':
        this.#closed(record, { reason: message.reason, stats: message.stats })
        return undefined
      case 'message':
        return record
    }
  }

  #ready(record: ConnectionRecord, version: PeerVersion): void {
    record.stage = 'ready'
    record.version = version
    record.readyAt = this.#parts.clock.now()
    this.#parts.table.noteReady(record)
    const couldBeV2 = record.protocol === 'v1' && hasServices(version.services, Services.P2P_V2)
    if (couldBeV2 && record.kind !== 'inbound' && !record.downgraded) {
      this.#parts.events.emit('transport-downgraded', connectionFacts(record))
    }
    const { networkSwitch, observer } = this.#parts
    if (!networkSwitch.isOn) this.#close(record, { detail: 'network-inactive', blame: 'none' })
    else if (isReady(record)) observer.ready(record)
    this.#parts.events.emit(
      'peer-ready',
      { ...connectionFacts(record), version, protocol: record.protocol! },
      featureBytes(version),
    )
  }

  #closed(record: ConnectionRecord, report: DisconnectReport): void {
    const { added, clock, observer } = this.#parts
    this.#remove(record)
    observer.closed(record, report)
    const { key, readyAt } = record
    const retryIn = key && added.ended(key, readyAt === undefined ? undefined : clock.now() - readyAt)
    this.#parts.events.emit('peer-disconnected', {
      ...connectionFacts(record),
      ...report,
      ...(retryIn !== undefined && { retryIn }),
    })
  }

  /** Ends what is left, without waiting for anybody. */
  abortAll(): void {
    for (const record of this.#parts.table.all()) record.abort.abort(ended())
  }

  #remove(record: ConnectionRecord): void {
    this.#parts.table.remove(record)
    record.memory.close()
  }

  #close(record: ConnectionRecord, request: CloseRequest): void {
    void closeConnection(record, request)
  }

  #record(
    facts: Pick<ConnectionRecord, 'kind' | 'stage' | 'protected'> & Partial<ConnectionRecord>,
  ): ConnectionRecord {
    const record: ConnectionRecord = {
      ...facts,
      id: peerId(this.#nextId++),
      memory: this.#parts.memory.open({
        rank: rankOf(facts),
        onEvict: () => this.#close(record, { detail: 'memory-full', blame: 'none' }),
      }),
      startedAt: this.#parts.clock.now(),
      abort: new AbortController(),
      lastBlock: 0,
      lastTransaction: 0,
      discouraged: false,
      downgraded: false,
      leaving: false,
    }
    this.#parts.table.add(record)
    return record
  }
}

/** Who is let go first where memory is short. */
function rankOf(record: Pick<ConnectionRecord, 'kind' | 'protected'>): MemoryRank {
  if (record.protected) return 'protected'
  return record.kind === 'inbound' ? 'inbound' : 'outbound'
}

/** A connection as the events name it. */
export function connectionFacts(record: ConnectionRecord): ConnectionFacts {
  return {
    peer: record.id,
    kind: record.kind,
    ...(record.address !== undefined && { address: record.address }),
  }
}

/** Why v2 failed where v1 is spoken after it. */
function failedV2(transport: Transport & Partial<Pick<Connection, 'attempts'>>): Error | undefined {
  if (transport.protocol === 'v2') return undefined
  return transport.attempts?.find(({ protocol }) => protocol === 'v2')?.error
}

/** What a `version` holds that a remote chose the size of, in bytes. */
function featureBytes({ features }: PeerVersion): number {
  let bytes = 0
  for (const [id, data] of features) bytes += id.length + data.length
  return bytes
}

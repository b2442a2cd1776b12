import {
  formatHost,
  hasServices,
  type Network,
  type NetworkAddress,
  type PeerAddress,
  Services,
} from '@sapwood/wire-codec'
import {
  type Channel,
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
import {
  accept,
  connect,
  type Connection,
  type ConnectTimeouts,
  type Dialer,
  type FallbackPolicy,
  type Transport,
  type TransportOptions,
  createHandshakeGate,
  type HandshakeGate,
  isTransportError,
} from '@sapwood/transport-v1v2'
import type {
  Clock,
  Logger,
  MemoryBudget,
  MemoryRank,
  Random,
  Resolver,
} from '@sapwood/transport-v1v2/environment'
import { addressKey } from '../addresses/address-key.ts'
import { isNodeError, NodeError } from '../errors/node-error.ts'
import type { EventSink } from '../events/event-source.ts'
import type { AddedPeers } from './added-peers.ts'
import { type CloseRequest, closeConnection } from './close-connection.ts'
import type { ConnectionEvents, ConnectionFacts } from './connection-events.ts'
import type { ConnectionNotification, TransportNotification } from './connection-notification.ts'
import {
  type ConnectionRecord,
  isReady,
  type PrivateTransaction,
  type ReadyConnection,
} from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { InboundStream } from './listener.ts'
import { createNamedDialer } from './named-dialer.ts'
import type { NetworkSwitch } from './network-switch.ts'
import type { NodeDialer } from './node-dialer.ts'

export interface ConnectionManagerOptions {
  readonly network: Network
  /** What our `version` says on a connection of this kind, now. */
  readonly version: (kind: ConnectionKind) => VersionFacts
  /** Service bits that a peer of our own choice must offer now, given those that it does offer. */
  readonly servicesWanted: (offered: bigint) => bigint
  readonly fallback: FallbackPolicy
  readonly transport: TransportOptions
  readonly limits: LimitOptions
  readonly connectTimeouts: ConnectTimeouts
  readonly peerTimeouts: PeerTimeouts
}

export interface ConnectionManagerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly dialer: NodeDialer
  readonly notifications: Pick<Channel<ConnectionNotification>, 'send' | 'trySend'>
  readonly events: EventSink<ConnectionEvents>
  readonly services: PeerServices
  readonly table: ConnectionTable
  /** Told when the connection of one of them ends: it knows when to try again. */
  readonly added: Pick<AddedPeers, 'ended' | 'standsFor'>
  readonly networkSwitch: Pick<NetworkSwitch, 'isOn'>
  readonly observer: ConnectionObserver
  /** What all connections together may hold. */
  readonly memory: MemoryBudget
  /** For names that the dialer does not resolve itself. */
  readonly namesOf?: Resolver
  readonly isBanned: (address: NetworkAddress) => boolean
}

/** What the rest of the node does when a connection changes. Called on the loop. */
export interface ConnectionObserver {
  ready(record: ReadyConnection): void
  /** Without a report: a dial failed, or a remote that dialled us did not agree on a transport. */
  closed(record: ConnectionRecord, report: DisconnectReport | undefined): void
}

export interface DialRequest {
  readonly kind: Exclude<ConnectionKind, 'inbound'>
  readonly address: PeerAddress
  /** Services that the address is said to have; absent for one given by hand. */
  readonly services?: bigint
  /** Instead of the node's own dialer; a redial in v1 goes through it too. */
  readonly dialer?: NodeDialer
  /** For a `private-broadcast` connection. */
  readonly privateTransaction?: PrivateTransaction
}

/**
 * Makes connections, keeps them and sees them end: dials and accepts, starts a peer on each, and tells the
 * node's loop of everything by notifications. Its methods are called on the loop only.
 */
export class ConnectionManager {
  readonly #options: ConnectionManagerOptions
  readonly #parts: ConnectionManagerComponents
  readonly #ownNonces = createOwnNonces()
  readonly #gate: HandshakeGate
  #nextId = 0

  constructor(options: ConnectionManagerOptions, components: ConnectionManagerComponents) {
    this.#options = options
    this.#parts = components
    this.#gate = createHandshakeGate({}, components)
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
      proxied: this.#isProxied(request),
      privateTransaction: request.privateTransaction,
    })
    this.#parts.events.emit('peer-connecting', connectionFacts(record))
    void this.#dial(record, request)
    return record
  }

  #isProxied({ address, dialer = this.#parts.dialer }: DialRequest): boolean {
    try {
      return (dialer.routeOf?.(address) ?? 'direct') !== 'direct'
    } catch {
      // A program's own: what it cannot say is not told to the remote.
      return true
    }
  }

  /**
   * Names are looked up here where anybody does, so that a peer is known by each of its names and addresses.
   */
  #dialerOf(record: ConnectionRecord, request: DialRequest): Dialer {
    const { clock, namesOf, table } = this.#parts
    const { address, dialer = this.#parts.dialer } = request
    const resolver = dialer.resolver ?? (dialer.resolvesNames === false ? undefined : namesOf)
    if (address.network !== 'name' || resolver === undefined) return dialer
    return createNamedDialer(address, {
      clock,
      dialer,
      resolver,
      onFound: (addresses) => this.#found(record, addresses),
      onReached: (reached) => {
        record.reached = reached
        table.standsFor(record, [reached])
      },
    })
  }

  /** @throws NodeError `already-connected`, `address-banned`. */
  #found(record: ConnectionRecord, addresses: readonly NetworkAddress[]): readonly NetworkAddress[] {
    const { added, isBanned, table } = this.#parts
    const host = record.address === undefined ? '' : formatHost(record.address)
    if (record.key !== undefined) added.standsFor(record.key, addresses)
    const other = table.withAny(addresses.map(addressKey))
    if (other !== undefined)
      throw new NodeError('already-connected', `${host} is a peer that is connected, or being connected to`, {
        received: other.id,
      })
    const allowed = addresses.filter((each) => !isBanned(each))
    if (allowed.length === 0)
      throw new NodeError('address-banned', `Whatever ${host} stands for is under a ban`, { received: host })
    table.standsFor(record, allowed)
    return allowed
  }

  async #dial(record: ConnectionRecord, request: DialRequest): Promise<void> {
    const { clock, random, logger } = this.#parts
    const { network, fallback, transport, connectTimeouts } = this.#options
    try {
      const connection = await connect(
        request.address,
        {
          ...transport,
          dialer: this.#dialerOf(record, request),
          network,
          fallback,
          timeouts: connectTimeouts,
          signal: record.abort.signal,
          memory: record.memory,
          ...(request.services === undefined ? {} : { services: request.services }),
        },
        { clock, random, logger },
      )
      await this.#tellOf('dialled', record, connection)
    } catch (error) {
      await this.#tellOfFailure('dialled', record, error)
    }
  }

  /** Begins the responder's side of a connection that has been let in. */
  admit(inbound: InboundStream): ConnectionRecord {
    const { address } = inbound
    const record = this.#record({
      kind: 'inbound',
      stage: 'accepting',
      protected: false,
      via: inbound.via,
      ...(address === undefined ? {} : { address, key: addressKey(address) }),
      ...(inbound.localAddress === undefined ? {} : { localAddress: inbound.localAddress }),
    })
    void this.#accept(record, inbound)
    return record
  }

  async #accept(record: ConnectionRecord, inbound: InboundStream): Promise<void> {
    const { clock, random, logger } = this.#parts
    const { network, transport } = this.#options
    try {
      const accepted = await accept(
        inbound.stream,
        { ...transport, network, signal: record.abort.signal, memory: record.memory, gate: this.#gate },
        { clock, random, logger },
      )
      await this.#tellOf('accepted', record, accepted)
    } catch (error) {
      await this.#tellOfFailure('accepted', record, error)
    }
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
      this.#start(record, outcome.transport)
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
        ...(address === undefined ? {} : { address }),
      })
      return
    }
    events.emit('connection-failed', {
      ...connectionFacts(record),
      error,
      ...(retryIn === undefined ? {} : { retryIn }),
    })
  }

  #start(record: ConnectionRecord, transport: Transport): void {
    const { clock, random, logger, notifications, services, events } = this.#parts
    const { network, limits, peerTimeouts } = this.#options
    const address = record.address
    record.protocol = transport.protocol
    if (transport.sessionId !== undefined) record.sessionId = transport.sessionId
    record.stage = 'handshaking'
    events.emit('peer-connected', {
      ...connectionFacts(record),
      protocol: transport.protocol,
      ...(record.sessionId === undefined ? {} : { sessionId: record.sessionId }),
    })
    const error = failedV2(transport)
    record.downgraded = error !== undefined
    if (error !== undefined) events.emit('transport-downgraded', { ...connectionFacts(record), error })
    record.peer = createPeer(
      transport,
      {
        id: record.id,
        kind: record.kind,
        network,
        limits,
        timeouts: peerTimeouts,
        version: this.#options.version(record.kind),
        servicesWanted: this.#options.servicesWanted,
        signal: record.abort.signal,
        permissions: record.protected ? ['noban'] : [],
        tolerant: record.protected,
        ...(record.proxied !== undefined && { proxied: record.proxied }),
        ...(address === undefined ? {} : { address }),
        ...(record.localAddress === undefined ? {} : { localAddress: record.localAddress }),
        ...(record.privateTransaction === undefined ? {} : { privateTransaction: record.privateTransaction }),
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
    const couldBeV2 = record.protocol === 'v1' && hasServices(version.services, Services.P2P_V2)
    if (couldBeV2 && record.kind !== 'inbound' && !record.downgraded) {
      this.#parts.events.emit('transport-downgraded', connectionFacts(record))
    }
    const { networkSwitch, observer } = this.#parts
    if (!networkSwitch.isOn) this.#close(record, { detail: 'network-inactive', blame: 'none' })
    else if (isReady(record)) observer.ready(record)
    this.#parts.events.emit('peer-ready', {
      ...connectionFacts(record),
      version,
      protocol: record.protocol!,
    })
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
      ...(retryIn === undefined ? {} : { retryIn }),
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

  async #tellOf(type: 'dialled' | 'accepted', record: ConnectionRecord, transport: Transport): Promise<void> {
    try {
      const at = this.#parts.clock.now()
      await this.#parts.notifications.send({ type, peer: record.id, at, outcome: { transport } })
    } catch {
      // The loop has ended: nobody is left to own the connection.
      transport.abort(ended())
    }
  }

  async #tellOfFailure(
    type: 'dialled' | 'accepted',
    record: ConnectionRecord,
    cause: unknown,
  ): Promise<void> {
    const error = failureOf(cause)
    const at = this.#parts.clock.now()
    await this.#parts.notifications
      .send({ type, peer: record.id, at, outcome: { error } })
      .catch(() => undefined)
  }
}

/** What the node itself refuses comes out of a dial as the reason of its failure. */
function failureOf(cause: unknown): Error {
  if (isTransportError(cause) && isNodeError(cause.cause)) return cause.cause
  return cause instanceof Error ? cause : new NodeError('connection-failed', String(cause), { cause })
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
    ...(record.address === undefined ? {} : { address: record.address }),
  }
}

/** Why v2 failed where v1 is spoken after it. */
function failedV2(transport: Transport & Partial<Pick<Connection, 'attempts'>>): Error | undefined {
  if (transport.protocol === 'v2') return undefined
  return transport.attempts?.find(({ protocol }) => protocol === 'v2')?.error
}

function ended(): NodeError {
  return new NodeError('stopped', 'The node ended the connection')
}

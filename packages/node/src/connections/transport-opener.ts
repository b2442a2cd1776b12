import { formatHost, type Network, type NetworkAddress, type PeerAddress } from '@sapwood/wire-codec'
import type { Channel, ConnectionKind } from '@sapwood/peer'
import {
  accept,
  connect,
  type ConnectTimeouts,
  createHandshakeGate,
  type Dialer,
  type FallbackPolicy,
  type HandshakeGate,
  isTransportError,
  type Transport,
  type TransportOptions,
} from '@sapwood/transport-v1v2'
import type { Clock, Logger, Random, Resolver } from '@sapwood/transport-v1v2/environment'
import { addressKey } from '../addresses/address-key.ts'
import { isNodeError, NodeError } from '../errors/node-error.ts'
import type { AddedPeers } from './added-peers.ts'
import { ended } from './close-connection.ts'
import type { ConnectionNotification } from './connection-notification.ts'
import type { ConnectionRecord, PrivateTransaction } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { InboundStream } from './listener.ts'
import { createNamedDialer } from './named-dialer.ts'
import type { NodeDialer } from './node-dialer.ts'

export interface TransportOpenerOptions {
  readonly network: Network
  readonly fallback: FallbackPolicy
  readonly transport: TransportOptions
  readonly connectTimeouts: ConnectTimeouts
}

export interface TransportOpenerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly dialer: NodeDialer
  readonly notifications: Pick<Channel<ConnectionNotification>, 'send' | 'trySend'>
  readonly table: ConnectionTable
  readonly added: Pick<AddedPeers, 'standsFor'>
  /** For names that the dialer does not resolve itself. */
  readonly namesOf?: Resolver
  readonly isBanned: (address: NetworkAddress) => boolean
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

/** Makes the transport of a connection, by a dial or on a stream that came in, and tells the loop of it. */
export class TransportOpener {
  readonly #options: TransportOpenerOptions
  readonly #parts: TransportOpenerComponents
  readonly #gate: HandshakeGate

  constructor(options: TransportOpenerOptions, components: TransportOpenerComponents) {
    this.#options = options
    this.#parts = components
    this.#gate = createHandshakeGate({}, components)
  }

  /** Whether a dial goes through somebody else. */
  isProxied({ address, dialer = this.#parts.dialer }: DialRequest): boolean {
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
    const { clock, namesOf, random, table } = this.#parts
    const { address, dialer = this.#parts.dialer } = request
    const resolver = dialer.resolver ?? (dialer.resolvesNames === false ? undefined : namesOf)
    if (address.network !== 'name' || resolver === undefined) return dialer
    return createNamedDialer(address, {
      clock,
      random,
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

  /** Dials, and does v2 or v1 as the policy says. The outcome comes as a notification `dialled`. */
  async dial(record: ConnectionRecord, request: DialRequest): Promise<void> {
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
          ...(request.services !== undefined && { services: request.services }),
        },
        { clock, random, logger },
      )
      await this.#tellOf('dialled', record, connection)
    } catch (error) {
      await this.#tellOfFailure('dialled', record, error)
    }
  }

  /** Is the responder on a stream that has been let in. The outcome comes as a notification `accepted`. */
  async accept(record: ConnectionRecord, inbound: InboundStream): Promise<void> {
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

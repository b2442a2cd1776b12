import {
  type AnyMessage,
  isDecodeError,
  decodeBlock,
  decodePayload,
  type Message,
  ProtocolVersion,
} from '@sapwood/wire-codec'
import type { Clock, Instant, Random } from '@sapwood/transport-v1v2/environment'
import { type ConnectionKind, type KindBehaviour, kindBehaviour } from '../contract/connection-kind.ts'
import type { DisconnectReason, PeerState } from '../contract/disconnect-reason.ts'
import type { OwnNonces } from '../contract/own-nonces.ts'
import type { PeerOptions, PeerTimeouts } from '../contract/peer-options.ts'
import type { PeerServices } from '../contract/peer-services.ts'
import type { RequestOutcome } from '../contract/request-map.ts'
import { Handshake } from '../handshake/handshake.ts'
import { AddressLimit } from '../limits/address-limit.ts'
import { MessageLimits } from '../limits/message-limits.ts'
import type { PendingRequest } from '../requests/pending-request.ts'
import { RequestTracker } from '../requests/request-tracker.ts'
import { behaviourTable } from './behaviour-table.ts'
import { decodeMessage, type DecodedMessage } from './decode-message.ts'
import { handleMessage } from './handle-message.ts'
import { KeepAlive } from './keep-alive.ts'
import { Lifetime } from './lifetime.ts'
import { messageType } from './message-types.ts'
import type { MessageMap } from './message-map.ts'
import type { PeerRecord } from './peer-record.ts'
import { PrivateBroadcast } from './private-broadcast.ts'
import type { ProtocolContext } from './protocol-context.ts'
import type { ProtocolOutput } from './protocol-output.ts'
import { blameOf, type Row } from './rule.ts'

/** Outcomes that came with a message. */
const byTheRemote: ReadonlySet<RequestOutcome> = new Set(['answered', 'not-found', 'malformed'])

/**
 * The protocol of one connection as a state machine: messages and the passing of time go in, messages and
 * notices come out, synchronously. It knows no socket, no timer and no promise of its own.
 *
 *     awaiting-version ──version──▶ awaiting-verack ──verack──▶ ready
 *            └──────────────┬─────────────┴──────────┬────────────┘
 *                           └──────── end() ─────────┘   from each state, once
 *
 * What each message does in each of them is in `behaviour-table.ts`.
 */
export class PeerProtocol implements ProtocolContext {
  readonly behaviour: KindBehaviour
  readonly output: ProtocolOutput
  readonly handshake: Handshake
  readonly keepAlive: KeepAlive
  readonly addressLimit: AddressLimit
  readonly requests: RequestTracker
  readonly record: PeerRecord
  readonly privateBroadcast: PrivateBroadcast | undefined
  addressesServed = false
  readonly #options: PeerOptions<AnyMessage>
  readonly #clock: Pick<Clock, 'now'>
  readonly #limits: MessageLimits
  readonly #lifetime: Lifetime
  readonly #services: PeerServices
  #state: PeerState = 'awaiting-version'
  #ended = false
  /** When what is being handled was read: queueing here does not count as the remote's time. */
  #readAt: Instant

  constructor(
    options: PeerOptions<AnyMessage>,
    timeouts: Required<PeerTimeouts>,
    components: {
      readonly random: Random
      readonly clock: Pick<Clock, 'now' | 'wallTime'>
      readonly services: PeerServices
      readonly ownNonces: OwnNonces | undefined
    },
    output: ProtocolOutput,
    record: PeerRecord,
  ) {
    const { kind, limits = {} } = options
    const { random, clock, services } = components
    const now = record.connectedAt
    this.#options = options
    this.#clock = clock
    this.#services = services
    this.#readAt = now
    this.output = output
    this.record = record
    this.behaviour = kindBehaviour[kind]
    this.#limits = new MessageLimits(kind, limits, now)
    this.#lifetime = new Lifetime(kind, timeouts, now)
    this.keepAlive = new KeepAlive(timeouts, random, now)
    this.addressLimit = new AddressLimit(random, now, limits.addresses)
    this.handshake = new Handshake(options, components, {
      send: (message) => output.send(message),
      enter: (state, at) => this.#enter(state, at),
      askForAddresses: () => this.requests.topics.addresses.ask(),
      end: (reason) => this.end(reason),
    })
    this.requests = new RequestTracker({
      genesisHash: options.network.genesisHash,
      version: () => this.commonVersion,
      now: () => clock.now(),
      pingNonces: this.keepAlive,
      send: (message) => output.send(message),
      expectLarge: (command, expected) => output.expectLarge(command, expected),
      onAddressesAsked: () => this.addressLimit.asked(),
      onEnd: (pending, outcome) => this.#requestEnded(pending, outcome),
      onDeadline: () => output.deadlineChanged(),
    })
    this.privateBroadcast =
      kind === 'private-broadcast'
        ? new PrivateBroadcast(options.privateTransaction, this.keepAlive, output)
        : undefined
  }

  get kind(): ConnectionKind {
    return this.#options.kind
  }

  get state(): PeerState {
    return this.#state
  }

  get commonVersion(): number {
    return this.handshake.negotiation.commonVersion
  }

  get wtxidRelay(): boolean {
    return this.handshake.negotiation.wtxidRelay
  }

  get ourServices(): bigint {
    return this.handshake.own.services
  }

  get ourRelay(): boolean {
    return this.handshake.own.relay
  }

  servicesWanted(offered: bigint): bigint {
    const { servicesWanted = 0n } = this.#options
    return typeof servicesWanted === 'bigint' ? servicesWanted : servicesWanted(offered)
  }

  get minimumVersion(): number {
    return this.#options.minimumVersion ?? ProtocolVersion.MIN_PEER
  }

  get privateTxid(): Uint8Array | undefined {
    return this.#options.privateTransaction?.txid
  }

  isOwnNonce(nonce: bigint): boolean {
    return this.handshake.isOwnNonce(nonce)
  }

  serves(service: keyof PeerServices): boolean {
    return this.#services[service] !== undefined
  }

  /** The dialler speaks first. */
  start(now: Instant): void {
    if (!this.#ended) this.handshake.start(now)
  }

  /** Ends the connection with a reason; only the first counts. */
  end(reason: DisconnectReason): void {
    if (this.#ended) return
    this.#ended = true
    this.handshake.close()
    this.output.end(reason)
    this.requests.endAll(reason)
  }

  /**
   * The remote did what no honest one does. Where the owner bears with it, the message is dropped and told,
   * and the connection stays (Core: "Not punishing manually connected peer").
   */
  offend(reason: DisconnectReason): void {
    if (this.#ended) return
    if (reason.blame !== 'discourage' || !this.#isTolerant) return this.end(reason)
    this.output.emit('misbehaved', { reason })
  }

  /** Milliseconds until the remote is to be read again: it has had its share of our time. */
  pause(now: Instant): number {
    return this.#limits.pause(now)
  }

  /** Takes one message of the remote. Never throws because of what is in it. */
  receive(command: string, payload: Uint8Array, at: Instant): void {
    if (this.#ended) return
    this.#readAt = at
    this.keepAlive.received(at)
    const type = messageType(command)
    const row = behaviourTable[type]
    if (row.purpose !== 'reply' && !this.#withinLimits(command, payload, at)) return
    const outcome = row.states[this.#state]
    if (outcome === 'ignore') return this.#ignore(command, payload, at, this.#state)
    if (outcome !== 'handle') {
      return this.offend({ code: 'late-handshake-message', blame: blameOf(outcome), command })
    }
    if (this.#state === 'ready' && this.kind === 'private-broadcast' && !row.onPrivateBroadcast) {
      return this.#ignore(command, payload, at, 'private broadcast')
    }
    if (type === 'block') return this.#receiveBlock(payload, at)
    if (type === 'unknown' && this.#isOwn(command)) return this.#receiveOwn(command, payload, at)
    const decoded = this.#decode(command, payload, at)
    if (decoded !== undefined) this.#dispatch(type, decoded.message as never, decoded.payload, at)
  }

  /** Does what is due. */
  tick(now: Instant, sentBytes: number, queuedBytes: number): void {
    if (this.#ended) return
    const overdue = this.#lifetime.overdue(this.#state, now)
    if (overdue !== undefined) return this.end(overdue)
    const failure = this.keepAlive.check(now, sentBytes, queuedBytes)
    if (failure !== undefined) return this.end({ ...failure, blame: 'disconnect' })
    this.requests.expire(now)
    const nonce = this.keepAlive.duePing(now)
    if (nonce !== undefined) this.#sendPing(nonce, now)
  }

  /** When `tick` next has something to do. */
  nextDeadline(): number {
    return Math.min(
      this.keepAlive.nextDeadline(),
      this.requests.nextDeadline,
      this.#lifetime.deadline(this.#state),
    )
  }

  /** We did not read, or did not run, for a while: that time is not held against the remote. */
  excuse(milliseconds: number): void {
    this.#lifetime.excuse(milliseconds)
    this.keepAlive.excuse(milliseconds)
    this.requests.excuse(milliseconds)
  }

  #sendPing(nonce: bigint, now: Instant): void {
    // Below BIP31 a ping has no nonce and no answer; it only shows a broken connection.
    if (this.commonVersion > ProtocolVersion.BIP31) this.output.send({ type: 'ping', nonce })
    else {
      this.keepAlive.pong(undefined, now)
      this.output.sendPayload('ping', new Uint8Array(0))
    }
  }

  #enter(state: PeerState, at: Instant): void {
    this.#state = state
    if (state === 'ready' && this.kind !== 'private-broadcast') this.keepAlive.start(at)
    this.output.stateChanged(state)
  }

  get #isTolerant(): boolean {
    return this.#options.tolerant ?? this.kind === 'manual'
  }

  /** A command of the program's own registry; those of the protocol are not the program's to change. */
  #isOwn(command: string): boolean {
    return this.#options.registry?.codecOf(command) !== undefined
  }

  #receiveOwn(command: string, payload: Uint8Array, at: Instant): void {
    try {
      const message: AnyMessage = decodePayload(command, payload, this.#options.registry!)
      this.output.emit('message', { message, at })
      this.output.deliver({ type: 'message', message, payload, unrequested: false })
    } catch (error) {
      this.#malformed(command, payload, error, at)
    }
  }

  /** Counts a message by its type, or by its command where that is one of the program's own. */
  #withinLimits(command: string, payload: Uint8Array, at: Instant): boolean {
    const type = this.#isOwn(command) ? command : messageType(command)
    const flood = this.#limits.take(type, payload.length, at)
    if (flood === undefined) return true
    this.offend({ code: 'flood', blame: 'discourage', command: type, ...flood })
    return false
  }

  #ignore(command: string, payload: Uint8Array, at: Instant, why: string): void {
    // Other messages have been counted when they came in; a reply is, once it is known that nobody wants it.
    const isReply = behaviourTable[messageType(command)].purpose === 'reply'
    if (isReply && !this.#withinLimits(command, payload, at)) return
    this.output.emit('ignored', { command, why })
  }

  #decode(command: string, payload: Uint8Array, at: Instant): DecodedMessage | undefined {
    try {
      return decodeMessage(command, payload)
    } catch (error) {
      this.#malformed(command, payload, error, at)
      return undefined
    }
  }

  #malformed(command: string, payload: Uint8Array, error: unknown, at: Instant): void {
    if (!isDecodeError(error)) {
      return this.end({ code: 'owner-failed', blame: 'none', cause: error })
    }
    this.record.malformedMessages += 1
    this.output.emit('malformed', { command, error })
    if (error.severity !== 'drop') {
      this.#withinLimits(command, payload, at)
      return this.offend({
        code: 'malformed',
        blame: error.severity,
        command,
        decodeCode: error.code,
        cause: error,
      })
    }
    this.#withinLimits(command, payload, at)
  }

  /**
   * A block is claimed by its hash before its transactions are looked at: who stores it raw need not pay for
   * them.
   */
  #receiveBlock(payload: Uint8Array, at: Instant): void {
    const { blocks } = this.requests.topics
    const arrived = blocks.arrive(payload)
    const { askedBy } = arrived
    if (askedBy === 'none' && !this.#withinLimits('block', payload, at)) return
    if (askedBy !== 'none') this.record.lastBlock = at
    if (askedBy === 'abandoned') return
    if (askedBy === 'request' && !arrived.decode) return blocks.deliver(arrived, undefined, at)
    try {
      const block = decodeBlock(payload)
      if (arrived.wanted) blocks.deliver(arrived, block, at)
      if (askedBy !== 'request') handleMessage(this, { type: 'block', block }, { payload, at, askedBy })
    } catch (error) {
      blocks.malformed(arrived, error)
      this.#malformed('block', payload, error, at)
    }
  }

  #dispatch<Type extends keyof MessageMap>(
    type: Type,
    message: MessageMap[Type] & Message,
    payload: Uint8Array,
    at: Instant,
  ): void {
    const row: Row<Type> = behaviourTable[type]
    // Whether a transaction was asked for decides what it means; other replies are claimed once the rules let
    // them by.
    const early = type === 'tx' ? this.requests.claim(message, { payload, at }) : 'none'
    for (const rule of row.rules) {
      if (!rule.applies(message, this, early, payload)) continue
      const reason = rule.reason?.(message, this)
      if (reason === undefined) return this.#ignore(type, payload, at, rule.when)
      return this.offend({ ...reason, blame: blameOf(rule.outcome) })
    }
    const claimed = type === 'tx' || row.purpose !== 'reply'
    const askedBy = claimed ? early : this.requests.claim(message, { payload, at })
    if (row.purpose === 'reply' && askedBy === 'none' && !this.#withinLimits(type, payload, at)) return
    handleMessage(this, message, { payload, at, askedBy })
  }

  #requestEnded(pending: PendingRequest, outcome: RequestOutcome): void {
    this.output.emit('requestEnded', {
      request: pending.type,
      outcome,
      milliseconds: (byTheRemote.has(outcome) ? this.#readAt : this.#clock.now()) - pending.startedAt,
    })
  }
}

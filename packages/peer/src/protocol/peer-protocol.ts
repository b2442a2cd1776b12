import {
  type AnyMessage,
  baseRegistry,
  isDecodeError,
  decodeBlock,
  decodePayload,
  decodePayloadWithTrailing,
  type Message,
  ProtocolVersion,
} from '@sapwood/wire-codec'
import type { Clock, Instant, Random } from '@sapwood/transport-v1v2/environment'
import { Negotiation } from '../handshake/negotiation.ts'
import type { OwnNonces } from '../contract/own-nonces.ts'
import { type OwnVersion, ownVersion, versionMessage } from '../handshake/version-message.ts'
import { KeepAlive } from './keep-alive.ts'
import { type ConnectionKind, type KindBehaviour, kindBehaviour } from '../contract/connection-kind.ts'
import { AddressLimit } from '../limits/address-limit.ts'
import { MessageLimits } from '../limits/message-limits.ts'
import { workOf } from '../limits/work-cost.ts'
import { TokenBucket } from '../limits/token-bucket.ts'
import { defaultWork } from '../limits/work-limit.ts'
import type { PeerOptions, PeerTimeouts } from '../contract/peer-options.ts'
import type { DisconnectReason, PeerState } from '../contract/disconnect-reason.ts'
import type { RequestOutcome } from '../contract/request-map.ts'
import type { PendingRequest } from '../requests/pending-request.ts'
import { type AskedBy, RequestTracker } from '../requests/request-tracker.ts'
import type { PeerServices } from '../contract/peer-services.ts'
import { behaviourTable } from './behaviour-table.ts'
import { handleMessage } from './handle-message.ts'
import { messageType } from './message-types.ts'
import type { MessageMap } from './message-map.ts'
import { PrivateBroadcast } from './private-broadcast.ts'
import type { ProtocolOutput } from './protocol-output.ts'
import { blameOf, type Row, type RuleFacts } from './rule.ts'

/** Bytes behind a message, which Core ignores, that are not worth a copy of the message without them. */
const MAX_KEPT_TRAILING_BYTES = 64

interface Decoded {
  readonly message: Message
  readonly payload: Uint8Array
}

/** A message that has passed the rules, on its way to its handler. */
export interface Arrival {
  readonly payload: Uint8Array
  readonly at: Instant
  readonly askedBy: AskedBy
}

/** What the remote has told us to do, beside the handshake. */
export interface RemoteSettings {
  prefersHeaders: boolean
  compactHighBandwidth: boolean
  feeFilter: bigint
}

/**
 * The protocol of one connection as a state machine: messages and the passing of time go in, messages and notices
 * come out, synchronously. It knows no socket, no clock and no promise of its own.
 */
export class PeerProtocol implements RuleFacts {
  readonly kind: ConnectionKind
  readonly behaviour: KindBehaviour
  readonly own: OwnVersion
  readonly options: PeerOptions<AnyMessage>
  readonly timeouts: Required<PeerTimeouts>
  readonly clock: Pick<Clock, 'wallTime'>
  readonly output: ProtocolOutput
  readonly negotiation: Negotiation = new Negotiation()
  readonly keepAlive: KeepAlive
  readonly addressLimit: AddressLimit
  readonly requests: RequestTracker
  readonly settings: RemoteSettings = { prefersHeaders: false, compactHighBandwidth: false, feeFilter: 0n }
  readonly privateBroadcast: PrivateBroadcast | undefined
  addressRelayEnabled: boolean
  addressesServed = false
  lastBlock: Instant | undefined
  lastTransaction: Instant | undefined
  malformedMessages = 0
  readonly #limits: MessageLimits
  /** In microseconds. */
  readonly #work: TokenBucket | undefined
  readonly #services: PeerServices
  readonly #ownNonces: OwnNonces | undefined
  readonly #nonce: bigint
  readonly #isTolerant: boolean
  /** When it started, later by as much as it has been excused for. */
  #startedAt: number
  #state: PeerState = 'awaiting-version'
  #ended = false
  #now: Instant

  constructor(
    options: PeerOptions<AnyMessage>,
    timeouts: Required<PeerTimeouts>,
    components: {
      readonly random: Random
      readonly clock: Pick<Clock, 'wallTime'>
      readonly services: PeerServices
      readonly ownNonces: OwnNonces | undefined
    },
    output: ProtocolOutput,
    now: Instant,
  ) {
    this.options = options
    this.timeouts = timeouts
    this.clock = components.clock
    this.output = output
    this.kind = options.kind
    this.behaviour = kindBehaviour[options.kind]
    this.own = ownVersion(options.kind, options.version)
    this.#services = components.services
    this.#ownNonces = components.ownNonces
    this.#startedAt = now
    this.#isTolerant = options.tolerant ?? options.kind === 'manual'
    this.#now = now
    this.#limits = new MessageLimits(options.limits?.messages)
    const work = options.limits?.work ?? defaultWork(options.kind)
    this.#work = work === false ? undefined : new TokenBucket(work, now)
    this.keepAlive = new KeepAlive(timeouts, components.random, now)
    this.addressLimit = new AddressLimit(components.random, now, options.limits?.addresses)
    this.addressRelayEnabled = this.behaviour.relaysAddresses && this.behaviour.direction === 'outbound'
    this.#nonce = new DataView(components.random.bytes(8).slice().buffer).getBigUint64(0, true)
    this.requests = new RequestTracker({
      genesisHash: options.network.genesisHash,
      version: () => this.commonVersion,
      now: () => this.#now,
      pingNonces: this.keepAlive,
      send: (message) => this.output.send(message),
      expectLarge: (command, expected) => this.output.expectLarge(command, expected),
      onAddressesAsked: () => this.addressLimit.asked(),
      onEnd: (pending, outcome) => this.#requestEnded(pending, outcome),
      onDeadline: () => this.output.deadlineChanged(),
    })
    this.privateBroadcast =
      options.kind === 'private-broadcast'
        ? new PrivateBroadcast(options.privateTransaction, this.keepAlive, output)
        : undefined
  }

  get state(): PeerState {
    return this.#state
  }

  get ended(): boolean {
    return this.#ended
  }

  get commonVersion(): number {
    return this.negotiation.commonVersion
  }

  get wtxidRelay(): boolean {
    return this.negotiation.wtxidRelay
  }

  get ourServices(): bigint {
    return this.own.services
  }

  get ourRelay(): boolean {
    return this.own.relay
  }

  servicesWanted(offered: bigint): bigint {
    const { servicesWanted = 0n } = this.options
    return typeof servicesWanted === 'bigint' ? servicesWanted : servicesWanted(offered)
  }

  get minimumVersion(): number {
    return this.options.minimumVersion ?? ProtocolVersion.MIN_PEER
  }

  get privateTxid(): Uint8Array | undefined {
    return this.options.privateTransaction?.txid
  }

  isOwnNonce = (nonce: bigint): boolean => this.#ownNonces?.has(nonce) === true

  serves = (service: keyof PeerServices): boolean => this.#services[service] !== undefined

  /** The dialler speaks first. */
  start(now: Instant): void {
    if (this.#ended) return
    this.#now = now
    if (this.behaviour.direction === 'outbound') this.sendVersion(now)
  }

  /** Our `version`: at the start, or as the answer to the remote's. */
  sendVersion(now: Instant): void {
    // Core leaves private broadcasts out: a disconnect by nonce would tell the remote who we are elsewhere.
    if (this.behaviour.direction === 'outbound' && this.kind !== 'private-broadcast')
      this.#ownNonces?.add(this.#nonce)
    this.output.send(versionMessage(this.own, this.options, this.#nonce, this.clock.wallTime(now)))
  }

  /** Moves the handshake on. */
  enter(state: PeerState, now: Instant): void {
    this.#state = state
    if (state === 'ready') {
      this.#ownNonces?.delete(this.#nonce)
      if (this.kind !== 'private-broadcast') this.keepAlive.start(now)
    }
    this.output.stateChanged(state)
  }

  /** Ends the connection with a reason; only the first counts. */
  end(reason: DisconnectReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#ownNonces?.delete(this.#nonce)
    this.output.end(reason)
    this.requests.endAll(reason)
  }

  /**
   * The remote did what no honest one does. Where the owner bears with it, the message is dropped and told, and the connection
   * stays (Core: "Not punishing manually connected peer").
   */
  offend(reason: DisconnectReason): void {
    if (this.#ended) return
    if (reason.blame !== 'discourage' || !this.#isTolerant) return this.end(reason)
    this.output.emit('misbehaved', { reason })
  }

  /** Milliseconds until the remote is to be read again: it has had its share of our time. */
  pause(now: Instant): number {
    return this.#work?.untilPaid(now) ?? 0
  }

  /** Takes one message of the remote. Never throws because of what is in it. */
  receive(command: string, payload: Uint8Array, at: Instant): void {
    if (this.#ended) return
    this.#now = at
    this.keepAlive.received(at)
    const type = messageType(command)
    const row = behaviourTable[type]
    if (row.purpose !== 'reply' && !this.#withinLimits(command, payload, at)) return
    const outcome = row.states[this.#state]
    if (outcome === 'ignore') return this.#ignore(command, payload, at, this.#state)
    if (outcome !== 'handle') {
      return this.offend({ code: 'late-handshake-message', blame: blameOf(outcome), command })
    }
    if (this.#state === 'ready' && this.kind === 'private-broadcast' && row.onPrivateBroadcast !== true) {
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
    this.#now = now
    const overdue = this.#overdue(now)
    if (overdue !== undefined) return this.end(overdue)
    const failure = this.keepAlive.check(now, sentBytes, queuedBytes)
    if (failure !== undefined) return this.end({ ...failure, blame: 'disconnect' })
    this.requests.expire(now)
    const nonce = this.keepAlive.duePing(now)
    if (nonce !== undefined) this.#sendPing(nonce)
  }

  /** When `tick` next has something to do. */
  nextDeadline(): number {
    return Math.min(this.keepAlive.nextDeadline(), this.requests.nextDeadline, this.#lifeDeadline())
  }

  /** The owner or the clock moved on outside a message. */
  moment(now: Instant): void {
    this.#now = now
  }

  /** We did not read, or did not run, for a while: that time is not held against the remote. */
  excuse(milliseconds: number): void {
    this.#startedAt += milliseconds
    this.keepAlive.excuse(milliseconds)
    this.requests.excuse(milliseconds)
  }

  #sendPing(nonce: bigint): void {
    // Below BIP31 a ping has no nonce and no answer; it only shows a broken connection.
    if (this.commonVersion > ProtocolVersion.BIP31) this.output.send({ type: 'ping', nonce })
    else {
      this.keepAlive.pong(undefined, this.#now)
      this.output.sendPayload('ping', new Uint8Array(0))
    }
  }

  #overdue(now: Instant): DisconnectReason | undefined {
    if (now < this.#lifeDeadline()) return undefined
    if (this.#state !== 'ready') {
      const timeout = this.timeouts.handshake
      return { code: 'handshake-timeout', blame: 'disconnect', state: this.#state, timeout }
    }
    const purpose = this.kind === 'addr-fetch' ? 'addr-fetch' : 'private-broadcast'
    const timeout = purpose === 'addr-fetch' ? this.timeouts.addressFetch : this.timeouts.privateBroadcast
    return { code: 'purpose-timeout', blame: 'disconnect', purpose, timeout }
  }

  /** When the handshake, or a short-lived connection as a whole, has taken too long. */
  #lifeDeadline(): number {
    const { handshake, addressFetch, privateBroadcast } = this.timeouts
    const kind = this.kind
    const life =
      kind === 'addr-fetch'
        ? addressFetch
        : kind === 'private-broadcast'
          ? privateBroadcast
          : Number.POSITIVE_INFINITY
    return this.#startedAt + (this.#state === 'ready' ? life : Math.min(handshake, life))
  }

  /** A command of the program's own registry; those of the protocol are not the program's to change. */
  #isOwn(command: string): boolean {
    return this.options.registry?.codecOf(command) !== undefined
  }

  #receiveOwn(command: string, payload: Uint8Array, at: Instant): void {
    try {
      const message: AnyMessage = decodePayload(command, payload, this.options.registry!)
      this.output.emit('message', { message, at })
      this.output.deliver({ type: 'message', message, payload, unrequested: false })
    } catch (error) {
      this.#malformed(command, payload, error, at)
    }
  }

  /** Counts a message by its type, or by its command where that is one of the program's own. */
  #withinLimits(command: string, payload: Uint8Array, at: Instant): boolean {
    const type = this.#isOwn(command) ? command : messageType(command)
    this.#work?.spend(workOf(type, payload.length), at)
    const flood = this.#limits.take(type, at)
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

  /** A message of the protocol, or `unknown`, and the payload without what came behind the message. */
  #decode(command: string, payload: Uint8Array, at: Instant): Decoded | undefined {
    try {
      const { message, trailingBytes } = decodePayloadWithTrailing(command, payload, baseRegistry)
      if (trailingBytes <= MAX_KEPT_TRAILING_BYTES) return { message, payload }
      // What is kept of the message would keep the bytes behind it, up to 4 MB, for as long.
      const itself = payload.slice(0, payload.length - trailingBytes)
      return { message: decodePayload(command, itself), payload: itself }
    } catch (error) {
      this.#malformed(command, payload, error, at)
      return undefined
    }
  }

  #malformed(command: string, payload: Uint8Array, error: unknown, at: Instant): void {
    if (!isDecodeError(error)) {
      return this.end({ code: 'owner-failed', blame: 'none', cause: error })
    }
    this.malformedMessages += 1
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

  /** A block is claimed by its hash before its transactions are looked at: who stores it raw need not pay for them. */
  #receiveBlock(payload: Uint8Array, at: Instant): void {
    const arrived = this.requests.arriveBlock(payload)
    const { askedBy } = arrived
    if (askedBy === 'none' && !this.#withinLimits('block', payload, at)) return
    if (askedBy !== 'none') this.lastBlock = at
    if (askedBy === 'abandoned') return
    if (askedBy === 'request' && !arrived.decode) return this.requests.deliverBlock(arrived, undefined, at)
    try {
      const block = decodeBlock(payload)
      if (arrived.wanted) this.requests.deliverBlock(arrived, block, at)
      if (askedBy !== 'request') handleMessage(this, { type: 'block', block }, { payload, at, askedBy })
    } catch (error) {
      this.requests.malformedBlock(arrived, error)
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
    // Whether a transaction was asked for decides what it means; other replies are claimed once the rules let them by.
    const early = message.type === 'tx' ? this.#claim(message) : 'none'
    for (const rule of row.rules) {
      if (!rule.applies(message, this, early)) continue
      const reason = rule.reason?.(message, this)
      if (reason === undefined) return this.#ignore(type, payload, at, rule.when)
      return this.offend({ ...reason, blame: blameOf(rule.outcome) })
    }
    const askedBy = message.type === 'tx' ? early : row.purpose === 'reply' ? this.#claim(message) : 'none'
    if (row.purpose === 'reply' && askedBy === 'none' && !this.#withinLimits(type, payload, at)) return
    handleMessage(this, message, { payload, at, askedBy })
  }

  #claim(message: Message): AskedBy {
    const { requests } = this
    switch (message.type) {
      case 'pong':
        return this.keepAlive.awaits(message.nonce) ? 'request' : 'none'
      case 'headers':
        return requests.headers(message.headers)
      case 'tx':
        return requests.transaction(message.transaction)
      case 'notfound':
        return requests.notFound(message.inventory)
      case 'cfilter':
        return requests.filter(message)
      case 'cfheaders':
        return requests.filterHeaders(message)
      case 'cfcheckpt':
        return requests.filterCheckpoints(message)
      case 'blocktxn':
        return requests.blockTransactions(message.blockHash, message.transactions)
      case 'uproof':
        return requests.utreexoProof(message.proof)
      case 'uroot':
        return requests.utreexoRoots(message.state)
      case 'uttls':
        return requests.utreexoTtls(message.ttls)
      default:
        return 'none'
    }
  }

  #requestEnded(pending: PendingRequest, outcome: RequestOutcome): void {
    this.output.emit('requestEnded', {
      request: pending.type,
      outcome,
      milliseconds: this.#now - pending.startedAt,
    })
  }
}

import { type AnyMessage, baseRegistry, type Message } from '@sapwood/wire-codec'
import type { Transport, TransportStats } from '@sapwood/transport-v1v2'
import {
  addAbortListener,
  type Instant,
  removeAbortListener,
  schedulerFor,
} from '@sapwood/transport-v1v2/environment'
import type { ConnectionKind } from '../contract/connection-kind.ts'
import type { DisconnectReason, DisconnectReport, PeerState } from '../contract/disconnect-reason.ts'
import { PeerError } from '../contract/peer-error.ts'
import type { PeerEventSource } from '../contract/peer-events.ts'
import type { PeerId } from '../contract/peer-id.ts'
import type { ChainProgress, PeerInfo } from '../contract/peer-info.ts'
import type { PeerNotification } from '../contract/peer-message.ts'
import type { PeerComponents, PeerOptions, PeerTimeouts } from '../contract/peer-options.ts'
import type { PeerVersion } from '../contract/peer-version.ts'
import type { DisconnectRequest, Peer } from '../contract/peer.ts'
import type { NodeRequestOf, ReplyHandle, RequestOptions, RequestType } from '../contract/request-map.ts'
import { isProtocolMessage } from '../protocol/message-types.ts'
import { PeerProtocol } from '../protocol/peer-protocol.ts'
import { PeerRecord } from '../protocol/peer-record.ts'
import type { ProtocolOutput } from '../protocol/protocol-output.ts'
import { isKnownTo } from '../protocol/versioned-messages.ts'
import { Server } from '../serving/server.ts'
import { workInLane } from '../serving/work-in-lane.ts'
import { ServeQueue } from '../serving/serve-queue.ts'
import { disconnectedError, endOfReading, flush, mayFlush } from './closing.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { deferred } from './deferred.ts'
import { describePeer } from './describe-peer.ts'
import { figuresOf } from './transport-figures.ts'
import { EventEmitter } from './event-emitter.ts'
import { MessageIntake } from './message-intake.ts'
import { Notifier } from './notifier.ts'
import { MAX_QUEUED_BYTES, Outgoing } from './outgoing.ts'
import { RequestMethods } from './request-methods.ts'
import { RequestQueue } from './request-queue.ts'
import { BackPressure } from './back-pressure.ts'

/** Milliseconds by which a timer is late that are not held against the remote: the process did not run. */
const MIN_OWN_STALL = 500
/** Milliseconds for reading what came meanwhile, before what was due is looked at again. */
const OWN_STALL_GRACE = 5_000
/** Messages sent before the handshake is done, kept until it is. */
const MAX_EARLY_MESSAGES = 1_000

export type FilledOptions = PeerOptions<AnyMessage> &
  Required<Pick<PeerOptions, 'id'>> & { readonly timeouts: Required<PeerTimeouts> }
export type FilledComponents = PeerComponents<AnyMessage> &
  Required<Pick<PeerComponents, 'clock' | 'random' | 'memory' | 'logger'>>

/** Joins the state machine to a transport, a clock and the owner's channels. */
export class PeerConnection extends RequestMethods implements Peer<AnyMessage> {
  readonly #options: FilledOptions
  readonly #parts: FilledComponents
  readonly #transport: Transport
  readonly #figures: () => TransportStats
  readonly #record: PeerRecord
  readonly #protocol: PeerProtocol
  readonly #emitter: EventEmitter
  readonly #intake: MessageIntake
  readonly #outgoing: Outgoing
  readonly #notifier: Notifier
  readonly #requests: RequestQueue
  readonly #serving: ServeQueue
  readonly #backPressure: BackPressure
  readonly #timer: DeadlineTimer
  readonly #handshake = deferred<PeerVersion>()
  readonly #closed = deferred<DisconnectReport>()
  readonly #cancel = new AbortController()
  readonly #onSignal = (): void => {
    this.#protocol.end({ code: 'aborted', blame: 'none', cause: this.#options.signal?.reason })
  }
  readonly #early: (Message | AnyMessage)[] = []
  #reason: DisconnectReason | undefined

  constructor(transport: Transport, options: FilledOptions, components: FilledComponents) {
    super()
    const { clock, random, memory, services = {}, ownNonces, scheduler = schedulerFor(clock) } = components
    const { timeouts, limits = {} } = options
    this.#options = options
    this.#parts = components
    this.#transport = transport
    this.#figures = figuresOf(transport)
    // Whoever does not wait for the handshake learns of its failure by `closed`.
    this.#handshake.promise.catch(() => undefined)
    // Not at once: it may be this peer that is taking more, in the middle of a message.
    memory.onEvict = (heldBytes) => {
      queueMicrotask(() => this.#protocol.end({ code: 'memory-full', blame: 'none', heldBytes }))
    }
    // What is done for one who dialled us, serving included, counts against the share of all strangers.
    const lanes = memory.rank === 'inbound' ? 'stranger' : 'own'
    const record = new PeerRecord(options.kind, clock.now())
    const emitter = new EventEmitter((cause) => this.#ownerFailed(cause))
    const outgoing = new Outgoing(transport, clock, emitter, options.registry ?? baseRegistry, record)
    const notifier = new Notifier(options.id, components.notifications, memory, limits.messageQueue)
    const output = this.#protocolOutput()
    const protocol = new PeerProtocol(
      options,
      timeouts,
      { random, clock, services, ownNonces },
      output,
      record,
    )
    const serverLane = scheduler.lane(lanes, memory)
    const server = new Server(
      services,
      { peer: options.id, signal: this.#cancel.signal, work: workInLane(serverLane) },
      {
        send: output.send,
        sendPayload: output.sendPayload,
        room: (bytes) => {
          if (outgoing.full) return outgoing.ready()
          return bytes === 0 ? undefined : memory.room(bytes)
        },
        turn: () => serverLane.due(),
        leave: () => serverLane.leave(),
        enter: () => serverLane.enter(),
        end: (reason) => protocol.offend(reason),
        addrv2: () => protocol.handshake.negotiation.addrv2,
      },
    )
    const serving = new ServeQueue(
      (message) => server.serve(message),
      (cause) => this.#ownerFailed(cause),
      memory,
    )
    const { pauseAtQueuedBytes: pauseAt } = limits
    const backPressure = new BackPressure(
      clock,
      emitter,
      { notifier, serving, outgoing, pauseAt, pause: (now) => protocol.pause(now) },
      record,
      (milliseconds) => protocol.excuse(milliseconds),
    )
    this.#record = record
    this.#emitter = emitter
    this.#outgoing = outgoing
    this.#notifier = notifier
    this.#protocol = protocol
    this.#serving = serving
    this.#backPressure = backPressure
    this.#requests = new RequestQueue(
      protocol,
      outgoing,
      clock,
      emitter,
      timeouts.request,
      limits.maxQueuedRequests,
    )
    this.#timer = new DeadlineTimer(clock, (late) => this.#onDue(late))
    this.#intake = new MessageIntake(
      memory,
      scheduler.lane(lanes, memory),
      backPressure,
      {
        take: (command, payload, at) => this.#take(command, payload, at),
        batchTaken: () => this.#schedule(),
        ended: (end) => protocol.end(endOfReading(end, protocol.state)),
      },
      limits.maxUnhandledBytes,
    )
  }

  get id(): PeerId {
    return this.#options.id
  }

  get kind(): ConnectionKind {
    return this.#options.kind
  }

  get handshake(): Promise<PeerVersion> {
    return this.#handshake.promise
  }

  get closed(): Promise<DisconnectReport> {
    return this.#closed.promise
  }

  get events(): PeerEventSource<AnyMessage> {
    return this.#emitter
  }

  /** Starts reading, and speaking where the speaking is ours. */
  start(): this {
    const { signal } = this.#options
    this.#intake.start(this.#transport, this.#parts.clock, this.#cancel.signal)
    void this.#requests.run(this.handshake)
    if (signal?.aborted === true) this.#onSignal()
    else addAbortListener(signal, this.#onSignal)
    queueMicrotask(() => this.#emitter.forgetEarly())
    this.#protocol.start(this.#record.connectedAt)
    this.#schedule()
    return this
  }

  get state(): PeerState | 'closed' {
    return this.#reason === undefined ? this.#protocol.state : 'closed'
  }

  get minimumPing(): number | undefined {
    return this.#protocol.keepAlive.minimumPing
  }

  get behindSince(): Instant | undefined {
    return this.#backPressure.behindSince
  }

  info(): PeerInfo {
    return describePeer({
      options: this.#options,
      transport: this.#transport,
      stats: this.#figures(),
      protocol: this.#protocol,
      state: this.state,
      clock: this.#parts.clock,
    })
  }

  messages(): AsyncIterable<PeerNotification<AnyMessage>> {
    return this.#notifier.messages()
  }

  send(message: Message | AnyMessage): boolean {
    if (this.kind === 'private-broadcast') {
      throw new PeerError('invalid-argument', 'a private broadcast sends nothing but its transaction')
    }
    if (this.#reason !== undefined) return false
    if (this.#protocol.state !== 'ready') {
      if (this.#early.length >= MAX_EARLY_MESSAGES) {
        throw new PeerError('request-queue-full', 'too much was sent before the handshake', {
          limit: MAX_EARLY_MESSAGES,
        })
      }
      this.#early.push(message)
      return true
    }
    if (!isKnownTo(this.#protocol.commonVersion, message.type)) return !this.#outgoing.full
    const room = this.#outgoing.send(message)
    if (isProtocolMessage(message)) {
      if (message.type === 'sendcmpct') this.#record.compactHighBandwidthTo = message.announce
      this.#protocol.requests.noteSent(message)
    }
    this.#checkQueue()
    return room
  }

  async ready(): Promise<void> {
    await this.handshake
    await this.#outgoing.ready()
    if (this.#reason !== undefined) throw disconnectedError(this.#reason)
  }

  request<Type extends RequestType>(
    request: NodeRequestOf<Type>,
    options: RequestOptions = {},
  ): ReplyHandle<Type> {
    return this.#requests.add(request, options)
  }

  setChainProgress(progress: Partial<ChainProgress>): void {
    this.#record.progress = { ...this.#record.progress, ...progress }
  }

  disconnect({ detail = 'done', blame = 'none' }: DisconnectRequest = {}): Promise<DisconnectReport> {
    this.#protocol.end({ code: 'requested', blame, detail })
    return this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect({ detail: 'disposed' })
  }

  #take(command: string, payload: Uint8Array, at: Instant): void {
    this.#record.lastReceive = at
    if (this.#emitter.has('trace')) {
      const bytes = this.#outgoing.wireSize(command, payload.length)
      this.#emitter.emit('trace', {
        direction: 'received',
        command,
        payload,
        bytes,
        at: this.#parts.clock.wallTime(at),
      })
    }
    try {
      this.#protocol.receive(command, payload, at)
      this.#checkQueue()
    } catch (cause) {
      // Decoding cannot throw past the state machine: what does is ours, or the owner's.
      this.#ownerFailed(cause)
    }
  }

  #protocolOutput(): ProtocolOutput {
    return {
      send: (message) => void this.#outgoing.send(message),
      sendInTurn: (message) => this.#serving.inTurn(() => void this.#outgoing.send(message)),
      expectLarge: (command, expected) => this.#transport.reader.expectLarge?.(command, expected),
      sendPayload: (command, payload) => void this.#outgoing.sendPayload(command, payload),
      deliver: (message) => this.#notifier.notify(message, this.#parts.clock.now()),
      serve: (type, payload) => this.#serving.push(type, payload),
      stateChanged: (state) => this.#stateChanged(state),
      end: (reason) => this.#end(reason),
      emit: (name, event) => this.#emitter.emit(name, event),
      deadlineChanged: () => this.#schedule(),
    }
  }

  #stateChanged(state: PeerState): void {
    this.#emitter.emit('state', { state })
    const version = this.#protocol.handshake.negotiation.settled()
    if (state !== 'ready' || version === undefined) return
    this.#notifier.notify({ type: 'ready', version }, this.#parts.clock.now())
    this.#emitter.emit('ready', { version })
    this.#parts.logger.debug(
      { peer: this.id, userAgent: version.userAgent, version: version.version },
      'peer ready',
    )
    this.#handshake.resolve(version)
    for (const message of this.#early.splice(0)) this.send(message)
  }

  #checkQueue(): void {
    if (!this.#outgoing.full) return
    const limit = this.#options.limits?.maxQueuedBytes ?? MAX_QUEUED_BYTES
    const { queuedBytes } = this.#outgoing
    if (queuedBytes <= limit) return
    this.#protocol.end({ code: 'send-queue-full', blame: 'disconnect', queuedBytes, limit })
  }

  #ownerFailed(cause: unknown): void {
    this.#parts.logger.error({ peer: this.id, error: String(cause) }, 'the owner of a peer failed')
    this.#protocol.end({ code: 'owner-failed', blame: 'none', cause })
  }

  #schedule(): void {
    if (this.#reason === undefined) this.#timer.wakeBy(this.#protocol.nextDeadline())
  }

  #onDue(late: number): void {
    this.#backPressure.excuseSoFar()
    // The process did not run: a stopped one, a machine that slept. What the remote sent meanwhile has not
    // been read yet.
    if (late >= MIN_OWN_STALL) {
      this.#protocol.excuse(late + OWN_STALL_GRACE)
      return this.#schedule()
    }
    try {
      const { queuedBytes } = this.#outgoing
      const { bytesSent } = this.#figures()
      this.#protocol.tick(this.#parts.clock.now(), bytesSent - queuedBytes, queuedBytes)
    } catch (cause) {
      // A source of randomness may be the owner's, and this is called by the event loop.
      this.#ownerFailed(cause)
    }
    this.#schedule()
  }

  /** The state machine has ended: lets go of everything, tells the owner, and says why once it is over. */
  #end(reason: DisconnectReason): void {
    this.#reason = reason
    this.#requests.close(reason)
    this.#timer.cancel()
    removeAbortListener(this.#options.signal, this.#onSignal)
    this.#cancel.abort()
    this.#intake.close()
    this.#serving.close()
    this.#backPressure.close()
    if (reason.code === 'memory-full' || reason.code === 'requested') this.#notifier.drop()
    // Whoever waits for room learns of the end; what is still to be flushed is a megabyte for a second.
    this.#parts.memory.close()
    this.#handshake.reject(disconnectedError(reason))
    void this.#shutDown(reason)
  }

  async #shutDown(reason: DisconnectReason): Promise<void> {
    if (mayFlush(reason)) await flush(this.#transport, this.#parts.clock, this.#options.timeouts.close)
    this.#outgoing.close()
    try {
      this.#transport.abort(disconnectedError(reason))
    } catch (cause) {
      // A transport, or a stream below it, that cannot even be ended: the owner's, and it is told of the end
      // all the same.
      this.#parts.logger.error({ peer: this.id, error: String(cause) }, 'a transport could not be ended')
    }
    const report: DisconnectReport = { reason, stats: this.#figures() }
    this.#notifier.notify({ type: 'disconnected', ...report }, this.#parts.clock.now())
    this.#emitter.emit('closed', report)
    this.#parts.logger.debug({ peer: this.id, code: reason.code, blame: reason.blame }, 'peer closed')
    this.#closed.resolve(report)
    await this.#notifier.finish()
  }
}

import { type AnyMessage, baseRegistry, type Message } from '@sapwood/wire-codec'
import type { Transport } from '@sapwood/transport-v1v2'
import {
  addAbortListener,
  removeAbortListener,
  type Clock,
  type Instant,
  type MemoryAccount,
  schedulerFor,
  type TurnLane,
  unboundedAccount,
} from '@sapwood/transport-v1v2/environment'
import { MessageActor } from '../channel/message-actor.ts'
import { MESSAGE_OVERHEAD, type ReaderMessage } from '../channel/reader-message.ts'
import { createChannel } from '../channel/bounded-channel.ts'
import type { Channel } from '../contract/channel.ts'
import { PeerError } from '../contract/peer-error.ts'
import { EventEmitter } from './event-emitter.ts'
import type { PeerEventSource } from '../contract/peer-events.ts'
import type { PeerId } from '../contract/peer-id.ts'
import type { ConnectionKind } from '../contract/connection-kind.ts'
import { isProtocolMessage } from '../protocol/message-types.ts'
import { isKnownTo } from '../protocol/versioned-messages.ts'
import { PeerProtocol } from '../protocol/peer-protocol.ts'
import type { ProtocolOutput } from '../protocol/protocol-output.ts'
import type { DisconnectReason, DisconnectReport, PeerState } from '../contract/disconnect-reason.ts'
import type { NodeRequestOf, ReplyHandle, RequestOptions, RequestType } from '../contract/request-map.ts'
import { Server } from '../serving/server.ts'
import { ServeQueue } from '../serving/serve-queue.ts'
import { disconnectedError, endOfReading, flush, mayFlush } from './closing.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { Notifier } from './notifier.ts'
import { MAX_QUEUED_BYTES, Outgoing } from './outgoing.ts'
import type { ChainProgress, PeerInfo } from '../contract/peer-info.ts'
import { describePeer } from './describe-peer.ts'
import type { PeerNotification } from '../contract/peer-message.ts'
import type { PeerComponents, PeerOptions, PeerTimeouts } from '../contract/peer-options.ts'
import { peerTimeouts } from '../protocol/peer-timeouts.ts'
import type { PeerVersion } from '../contract/peer-version.ts'
import type { DisconnectRequest, Peer } from '../contract/peer.ts'
import { RequestMethods } from './request-methods.ts'
import { RequestQueue } from './request-queue.ts'
import { Stalls } from './stalls.ts'

/** Bytes read and not handled from which on nothing more is read: two of the chunks that a socket gives at once would do, and a block passes whole. */
const MAX_UNHANDLED_BYTES = 262_144
/** Read batches held: by their bytes there are never as many. */
const READER_QUEUE = 4_096
/** Milliseconds by which a timer is late that are not held against the remote: the process did not run. */
const MIN_OWN_STALL = 500
/** Milliseconds for reading what came meanwhile, before what was due is looked at again. */
const OWN_STALL_GRACE = 5_000
/** Messages handled between two looks at the time. */
const MESSAGES_PER_LOOK = 8
/** Messages sent before the handshake is done, kept until it is. */
const MAX_EARLY_MESSAGES = 1_000

export type FilledOptions = PeerOptions<AnyMessage> & Required<Pick<PeerOptions, 'id'>>
export type FilledComponents = PeerComponents<AnyMessage> & Required<Pick<PeerComponents, 'clock' | 'random'>>

/** Joins the state machine to a transport, a clock and the owner's channels. */
export class PeerConnection extends RequestMethods implements Peer<AnyMessage> {
  readonly id: PeerId
  readonly kind: ConnectionKind
  readonly handshake: Promise<PeerVersion>
  readonly closed: Promise<DisconnectReport>
  readonly events: PeerEventSource<AnyMessage>
  readonly #emitter: EventEmitter
  readonly #options: FilledOptions
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #logger: PeerComponents['logger']
  readonly #protocol: PeerProtocol
  readonly #outgoing: Outgoing
  readonly #notifier: Notifier
  readonly #serving: ServeQueue
  readonly #stalls: Stalls
  readonly #fromReader: Channel<ReaderMessage>
  readonly #requests: RequestQueue
  readonly #timer: DeadlineTimer
  readonly #cancel = new AbortController()
  readonly #connectedAt: Instant
  readonly #timeouts: Required<PeerTimeouts>
  readonly #memory: MemoryAccount
  readonly #lane: TurnLane
  readonly #onSignal = (): void => {
    this.#protocol.end({ code: 'aborted', blame: 'none', cause: this.#options.signal?.reason })
  }
  readonly #early: (Message | AnyMessage)[] = []
  #resolveHandshake!: (version: PeerVersion) => void
  #rejectHandshake!: (error: unknown) => void
  #resolveClosed!: (report: DisconnectReport) => void
  #reason: DisconnectReason | undefined
  #progress: ChainProgress = { presyncedHeaders: -1, syncedHeaders: -1, syncedBlocks: -1 }
  #compactHighBandwidthTo = false
  #lastReceive: Instant | undefined

  constructor(transport: Transport, options: FilledOptions, components: FilledComponents) {
    super()
    const { clock, logger } = components
    const limits = options.limits ?? {}
    this.id = options.id
    this.kind = options.kind
    this.#options = options
    this.#transport = transport
    this.#clock = clock
    this.#logger = logger
    this.#connectedAt = clock.now()
    this.#timeouts = peerTimeouts(options.timeouts)
    this.#emitter = new EventEmitter((cause) => this.#ownerFailed(cause))
    this.events = this.#emitter
    this.#outgoing = new Outgoing(transport, clock, this.#emitter, options.registry ?? baseRegistry)
    this.#memory = components.memory ?? unboundedAccount()
    this.#notifier = new Notifier(options.id, components.notifications, this.#memory, limits.messageQueue)
    this.#fromReader = createChannel(READER_QUEUE, {
      of: (message) => (message.type === 'messages' ? message.bytes : 0),
      limit: limits.maxUnhandledBytes ?? MAX_UNHANDLED_BYTES,
    })
    const scheduler = components.scheduler ?? schedulerFor(clock)
    // What is done for one who dialled us, serving included, counts against the share of all strangers.
    const lanes = components.memory?.rank === 'inbound' ? 'stranger' : 'own'
    this.#lane = scheduler.lane(lanes)
    // Not at once: it may be this peer that is taking more, in the middle of a message.
    this.#memory.onEvict = (heldBytes) => {
      queueMicrotask(() => this.#protocol.end({ code: 'memory-full', blame: 'none', heldBytes }))
    }
    this.#timer = new DeadlineTimer(clock, (late) => this.#onDue(late))
    this.handshake = new Promise((resolve, reject) => {
      this.#resolveHandshake = resolve
      this.#rejectHandshake = reject
    })
    // Whoever does not wait for the handshake learns of its failure by `closed`.
    this.handshake.catch(() => undefined)
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    const services = components.services ?? {}
    const output = this.#protocolOutput()
    this.#protocol = new PeerProtocol(
      options,
      this.#timeouts,
      { random: components.random, clock, services, ownNonces: components.ownNonces },
      output,
      this.#connectedAt,
    )
    this.#requests = new RequestQueue(
      this.#protocol,
      this.#outgoing,
      clock,
      this.#emitter,
      limits.maxQueuedRequests,
    )
    const serverLane = scheduler.lane(lanes)
    const server = new Server(
      services,
      { peer: options.id, signal: this.#cancel.signal },
      {
        send: output.send,
        sendPayload: output.sendPayload,
        room: (bytes) => {
          if (this.#outgoing.full) return this.#outgoing.ready()
          return bytes === 0 ? undefined : this.#memory.room(bytes)
        },
        turn: () => serverLane.due(),
        end: (reason) => this.#protocol.offend(reason),
        addrv2: () => this.#protocol.negotiation.addrv2,
      },
    )
    this.#serving = new ServeQueue(
      (message) => server.serve(message),
      (cause) => this.#ownerFailed(cause),
      this.#memory,
    )
    this.#stalls = new Stalls(
      clock,
      this.#emitter,
      {
        notifier: this.#notifier,
        serving: this.#serving,
        outgoing: this.#outgoing,
        pauseAt: limits.pauseAtQueuedBytes,
        pause: (now) => this.#protocol.pause(now),
      },
      (milliseconds) => this.#protocol.excuse(milliseconds),
    )
  }

  /** Starts reading, and speaking where the speaking is ours. */
  start(): this {
    const { signal } = this.#options
    const actor = new MessageActor(
      this.#transport.reader,
      this.#fromReader,
      this.#clock,
      this.#cancel.signal,
      this.#memory,
    )
    void actor.run()
    void this.#takeMessages()
    void this.#requests.run(this.handshake)
    if (signal?.aborted === true) this.#onSignal()
    else addAbortListener(signal, this.#onSignal)
    this.#protocol.start(this.#connectedAt)
    this.#schedule()
    return this
  }

  get state(): PeerState | 'closed' {
    return this.#reason === undefined ? this.#protocol.state : 'closed'
  }

  info(): PeerInfo {
    return describePeer({
      options: this.#options,
      transport: this.#transport,
      protocol: this.#protocol,
      state: this.state,
      clock: this.#clock,
      connectedAt: this.#connectedAt,
      lastSend: this.#outgoing.lastSend,
      lastReceive: this.#lastReceive,
      progress: this.#progress,
      compactHighBandwidthTo: this.#compactHighBandwidthTo,
      stalls: this.#stalls.count,
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
      if (message.type === 'sendcmpct') this.#compactHighBandwidthTo = message.announce
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
    this.#progress = { ...this.#progress, ...progress }
  }

  disconnect({ detail = 'done', blame = 'none' }: DisconnectRequest = {}): Promise<DisconnectReport> {
    this.#protocol.end({ code: 'requested', blame, detail })
    return this.closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect({ detail: 'disposed' })
  }

  /** Reads what the actor passes on, until the end. Stands still while the owner or the remote does not keep up. */
  async #takeMessages(): Promise<void> {
    while (await this.#takeBatch()) {
      // A function of its own: what it has handled is not kept while the next is waited for.
    }
  }

  /** @returns whether more may follow. */
  async #takeBatch(): Promise<boolean> {
    const batch = await this.#fromReader.receive()
    if (batch === undefined || this.#over()) return false
    if (batch.type !== 'messages') {
      this.#protocol.end(endOfReading(batch, this.#protocol.state))
      return false
    }
    let handled = 0
    let handledBytes = 0
    for (const message of batch.messages) {
      this.#take(message.command, message.payload, batch.at)
      handled += 1
      handledBytes += message.payload.length + MESSAGE_OVERHEAD
      if (this.#over()) return false
      const wait = this.#stalls.next() ?? (handled % MESSAGES_PER_LOOK === 0 ? this.#lane.due() : undefined)
      if (wait === undefined) continue
      // What is kept of it for longer is counted by whoever keeps it.
      this.#memory.give('reading', handledBytes)
      handledBytes = 0
      await wait
      if (this.#over()) return false
    }
    this.#memory.give('reading', handledBytes)
    const wait = this.#lane.due()
    if (wait !== undefined) await wait
    this.#schedule()
    return true
  }

  #take(command: string, payload: Uint8Array, at: Instant): void {
    this.#lastReceive = at
    if (this.#emitter.has('trace')) {
      const bytes = this.#outgoing.wireSize(command, payload.length)
      this.#emitter.emit('trace', {
        direction: 'received',
        command,
        payload,
        bytes,
        at: this.#clock.wallTime(at),
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

  #over(): boolean {
    return this.#reason !== undefined
  }

  #protocolOutput(): ProtocolOutput {
    return {
      send: (message) => void this.#outgoing.send(message),
      expectLarge: (command, expected) => this.#transport.reader.expectLarge?.(command, expected),
      sendPayload: (command, payload) => void this.#outgoing.sendPayload(command, payload),
      deliver: (message) => this.#notifier.notify(message, this.#clock.now()),
      serve: (type, payload) => this.#serving.push(type, payload),
      stateChanged: (state) => this.#stateChanged(state),
      end: (reason) => this.#end(reason),
      emit: (name, event) => this.#emitter.emit(name, event),
      deadlineChanged: () => this.#schedule(),
    }
  }

  #stateChanged(state: PeerState): void {
    this.#emitter.emit('state', { state })
    const version = this.#protocol.negotiation.settled()
    if (state !== 'ready' || version === undefined) return
    this.#notifier.notify({ type: 'ready', version }, this.#clock.now())
    this.#emitter.emit('ready', { version })
    this.#logger?.debug(
      { peer: this.id, userAgent: version.userAgent, version: version.version },
      'peer ready',
    )
    this.#resolveHandshake(version)
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
    this.#logger?.error({ peer: this.id, error: String(cause) }, 'the owner of a peer failed')
    this.#protocol.end({ code: 'owner-failed', blame: 'none', cause })
  }

  #schedule(): void {
    if (!this.#over()) this.#timer.wakeBy(this.#protocol.nextDeadline())
  }

  #onDue(late: number): void {
    this.#stalls.excuseSoFar()
    // The process did not run: a stopped one, a machine that slept. What the remote sent meanwhile has not been read yet.
    if (late >= MIN_OWN_STALL) {
      this.#protocol.excuse(late + OWN_STALL_GRACE)
      return this.#schedule()
    }
    const { queuedBytes } = this.#outgoing
    this.#protocol.tick(this.#clock.now(), this.#transport.stats().bytesSent - queuedBytes, queuedBytes)
    this.#schedule()
  }

  /** The state machine has ended: lets go of everything, tells the owner, and says why once it is over. */
  #end(reason: DisconnectReason): void {
    this.#reason = reason
    this.#requests.close(reason)
    this.#timer.cancel()
    removeAbortListener(this.#options.signal, this.#onSignal)
    this.#cancel.abort()
    this.#fromReader.close()
    this.#serving.close()
    this.#stalls.close()
    if (reason.code === 'memory-full') this.#notifier.drop()
    // Whoever waits for room learns of the end; what is still to be flushed is a megabyte for a second.
    this.#memory.close()
    this.#rejectHandshake(disconnectedError(reason))
    void this.#shutDown(reason)
  }

  async #shutDown(reason: DisconnectReason): Promise<void> {
    if (mayFlush(reason)) await flush(this.#transport, this.#clock, this.#timeouts.close)
    this.#outgoing.close()
    try {
      this.#transport.abort(disconnectedError(reason))
    } catch (cause) {
      // A transport, or a stream below it, that cannot even be ended: the owner's, and it is told of the end all the same.
      this.#logger?.error({ peer: this.id, error: String(cause) }, 'a transport could not be ended')
    }
    const report: DisconnectReport = { reason, stats: this.#transport.stats() }
    this.#notifier.notify({ type: 'disconnected', ...report }, this.#clock.now())
    this.#emitter.emit('closed', report)
    this.#logger?.debug({ peer: this.id, code: reason.code, blame: reason.blame }, 'peer closed')
    this.#resolveClosed(report)
    await this.#notifier.finish()
  }
}

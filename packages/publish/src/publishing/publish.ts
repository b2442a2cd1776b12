import type { NodeHandle } from '@sapwood/node'
import {
  keepTrying,
  guardedLogger,
  systemClock,
  systemRandom,
  tell,
  WakeUp,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import { bytesToHex } from '@sapwood/wire-codec'
import {
  aCount,
  aHeight,
  listOf,
  milliseconds,
  needed,
  oneOf,
  optionsOf,
} from '@sapwood/wire-codec/arguments'
import { isPublishError, PublishError } from '../errors/publish-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { cutRecord } from '../records/cut-record.ts'
import type { Position } from '../records/position.ts'
import type { PublishedMessage, RecordContent } from '../records/published-message.ts'
import type { PublishSink } from '../sinks/publish-sink.ts'
import { ChainFeed } from './chain-feed.ts'
import { hearNode } from './hear-node.ts'
import { Outbox } from './outbox.ts'
import type {
  PublishComponents,
  PublishEvent,
  Publisher,
  PublishInfo,
  PublishKind,
  PublishOptions,
} from './publish-options.ts'

/** Bytes of transactions and events that are held for a sink that does not take them. */
const DEFAULT_MAX_HELD_BYTES = 16_000_000
/** Milliseconds until a sink that has failed is tried again. */
const DEFAULT_RETRY_PAUSE = 1_000
/** Milliseconds that a sink may take to acknowledge what it is given at once. */
const DEFAULT_ACK_TIMEOUT = 30_000
/** What a sink is given at once: records, and bytes after which no other is added. */
const BATCH_RECORDS = 256
const BATCH_BYTES = 4_000_000
/** Failures after which trying again changes nothing. */
const FINAL: readonly string[] = [
  'superseded',
  'position-lost',
  'foreign-message',
  'payload-limit',
  'invalid-argument',
]
const KINDS: readonly PublishKind[] = ['headers', 'blocks', 'transactions', 'peers']

const publishOptions = optionsOf<PublishOptions>({
  from: needed(aHeight),
  kinds: listOf(oneOf(...KINDS)),
  maxHeldBytes: aCount,
  retryPause: milliseconds,
  ackTimeout: milliseconds,
})

/** The parts of a node that are published. */
export type PublishedNode = Pick<NodeHandle, 'chain' | 'blocks' | 'events' | 'info'>

/** A record on its way. */
interface Outgoing {
  readonly record: RecordContent
  readonly after: Position
  /** It is not of the chain: it can be had from the outbox alone. */
  readonly isHeard: boolean
}

/**
 * Publishes what a node hears to a sink, in order: the chain with each block that is undone, transactions,
 * and what happens to peers. How far it has come is kept with each message by the sink itself, so that after
 * a crash of either nothing of the chain is missing and nothing is there twice. What is heard besides the
 * chain cannot be had again: of it what was not acknowledged is lost with the process, and what there was no
 * room for is counted in a record of its own.
 * @throws PublishError `invalid-argument`
 */
export function publish(
  node: PublishedNode,
  sink: PublishSink,
  options: PublishOptions,
  components: PublishComponents = {},
): Publisher {
  refuseArgument(publishOptions, options, 'publish: options')
  return new NodePublisher(node, sink, options, components)
}

class NodePublisher implements Publisher {
  readonly ended: Promise<Error | undefined>
  readonly #node: PublishedNode
  readonly #sink: PublishSink
  readonly #options: Required<PublishOptions>
  readonly #components: Required<Omit<PublishComponents, 'onEvent'>> & Pick<PublishComponents, 'onEvent'>
  /** Of this process: who finds another's behind its own has been superseded. */
  readonly #run: string
  readonly #outbox: Outbox
  readonly #wake = new WakeUp()
  readonly #ending = new AbortController()
  #state: PublishInfo['state'] = 'opening'
  #error: Error | undefined
  /** The name of what is published to, as its first message has it. */
  #log = ''
  #sequence = 0
  #position: Position = {}
  /** Whether the sink has acknowledged anything of this process. */
  #hasWritten = false
  #isDropping = false

  constructor(
    node: PublishedNode,
    sink: PublishSink,
    options: PublishOptions,
    { clock, random, logger, metrics, onEvent }: PublishComponents,
  ) {
    this.#node = node
    this.#sink = sink
    this.#options = {
      from: options.from,
      kinds: options.kinds ?? KINDS,
      maxHeldBytes: options.maxHeldBytes ?? DEFAULT_MAX_HELD_BYTES,
      retryPause: options.retryPause ?? DEFAULT_RETRY_PAUSE,
      ackTimeout: options.ackTimeout ?? DEFAULT_ACK_TIMEOUT,
    }
    this.#components = {
      clock: clock ?? systemClock,
      random: random ?? systemRandom,
      logger: guardedLogger(logger),
      metrics: metrics ?? {},
      ...(onEvent !== undefined && { onEvent }),
    }
    this.#run = this.#newName()
    this.#outbox = new Outbox(this.#options.maxHeldBytes)
    this.ended = this.#publish()
  }

  info(): PublishInfo {
    return {
      state: this.#state,
      sequence: this.#sequence,
      position: this.#position,
      heldRecords: this.#outbox.size,
      heldBytes: this.#outbox.bytes,
      dropped: this.#outbox.dropped,
      ...(this.#error !== undefined && { error: this.#error }),
    }
  }

  async close(): Promise<void> {
    this.#ending.abort(new Error('publishing ends'))
    await this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #publish(): Promise<Error | undefined> {
    const { events } = this.#node
    const wake = (): void => this.#wake.ring()
    const stops = [
      hearNode(events, new Set<string>(this.#options.kinds), (record) => this.#hear(record)),
      events.on('tip-changed', wake),
      events.on('phase', wake),
      events.on('stopped', () => this.#ending.abort(new Error('the node has stopped'))),
    ]
    try {
      await keepTrying(() => this.#session(), {
        clock: this.#components.clock,
        pause: this.#options.retryPause,
        signal: this.#ending.signal,
        onFailure: (error) => this.#failed(error),
      })
    } finally {
      for (const stop of stops) stop()
    }
    const error = this.#ending.signal.aborted ? undefined : this.#error
    if (error === undefined) this.#error = undefined
    this.#state = 'ended'
    this.#tell({ type: 'ended', ...(error !== undefined && { error }) })
    return error
  }

  /** From where the sink stands, until it fails or publishing ends. */
  async #session(): Promise<void> {
    const { signal } = this.#ending
    const { last, maxPayload } = await this.#answered(() => this.#sink.open())
    this.#resume(last)
    const { from, kinds } = this.#options
    const names = (['headers', 'blocks'] as const).filter((name) => kinds.includes(name))
    const feed = new ChainFeed(this.#node, { from, names }, this.#position, this.#wake)
    try {
      const joined = await feed.join(this.#sink, this.#sequence, signal)
      await this.#send(
        joined.map((each) => ({ ...each, isHeard: false })),
        maxPayload,
      )
      this.#publishing()
      while (!signal.aborted) {
        const batch = this.#batch(feed)
        if (batch.length === 0) await this.#wake.wait(signal)
        else await this.#send(batch, maxPayload)
      }
    } finally {
      await feed.close()
    }
  }

  #resume(last: PublishedMessage | undefined): void {
    const sequence = last?.sequence ?? 0
    const isOurs = last === undefined || last.run === this.#run
    if (this.#hasWritten && !isOurs && sequence > this.#sequence) {
      throw new PublishError('superseded', 'Another publisher writes to this sink', { sequence })
    }
    if (this.#hasWritten && last === undefined) {
      this.#components.logger.warn({}, 'the sink has lost what it had: the chain is published anew')
    }
    // What is there of another run has nothing to do with what is under way here.
    this.#outbox.settle(isOurs ? sequence : 0)
    this.#sequence = sequence
    this.#log = last?.log ?? this.#newName()
    this.#position = last?.position ?? {}
  }

  /** What there is to be published now, in order. */
  #batch(feed: ChainFeed): readonly Outgoing[] {
    const batch: Outgoing[] = []
    let position = this.#position
    for (let bytes = 0; batch.length < BATCH_RECORDS && bytes < BATCH_BYTES; ) {
      const ofChain = feed.take()
      const heard = ofChain === undefined ? this.#outbox.take() : undefined
      const record = ofChain?.record ?? heard
      if (record === undefined) break
      position = ofChain?.after ?? position
      batch.push({ record, after: position, isHeard: heard !== undefined })
      bytes += record.payload.length
    }
    return batch
  }

  async #send(batch: readonly Outgoing[], maxPayload: number): Promise<void> {
    const messages: PublishedMessage[] = []
    const place = { log: this.#log, run: this.#run, maxPayload }
    let before = this.#position
    for (const { record, after, isHeard } of batch) {
      const sequence = this.#sequence + messages.length + 1
      messages.push(...cutRecord(record, { ...place, sequence, before, after }))
      before = after
      if (isHeard) this.#outbox.sent(record, messages.at(-1)!.sequence)
    }
    if (messages.length === 0) return
    await this.#answered(() => this.#sink.append(messages))
    this.#hasWritten = true
    this.#sequence = messages.at(-1)!.sequence
    this.#position = before
    this.#outbox.settle(this.#sequence)
    this.#isDropping = false
    const { published, heldBytes } = this.#components.metrics
    for (const { record } of batch) this.#feed(() => published?.inc({ kind: record.kind }))
    this.#feed(() => heldBytes?.set({}, this.#outbox.bytes))
  }

  #newName(): string {
    return bytesToHex(this.#components.random.bytes(8))
  }

  #answered<T>(work: () => Promise<T>): Promise<T> {
    const limit = this.#options.ackTimeout
    return withDeadline(this.#components.clock, limit, work, {
      signal: this.#ending.signal,
      reason: () =>
        new PublishError('unavailable', `The sink has not answered within ${limit} ms`, { limit }),
    })
  }

  #hear(record: RecordContent): void {
    const dropped = this.#outbox.push(record)
    this.#wake.ring()
    const { metrics } = this.#components
    this.#feed(() => metrics.heldBytes?.set({}, this.#outbox.bytes))
    if (dropped === 0) return
    this.#feed(() => metrics.dropped?.inc({}, dropped))
    if (this.#isDropping) return
    this.#isDropping = true
    this.#tell({ type: 'dropping' })
  }

  #publishing(): void {
    if (this.#state === 'publishing') return
    this.#state = 'publishing'
    this.#error = undefined
    this.#feed(() => this.#components.metrics.stalled?.set({}, 0))
    this.#tell({ type: 'publishing', sequence: this.#sequence })
  }

  /** @returns whether there is use in trying again. */
  #failed(cause: unknown): boolean {
    const error = cause instanceof Error ? cause : new Error(String(cause), { cause })
    this.#error = error
    if (isPublishError(error) && FINAL.includes(error.code)) return false
    if (this.#state === 'stalled') return true
    this.#state = 'stalled'
    this.#feed(() => this.#components.metrics.stalled?.set({}, 1))
    this.#tell({ type: 'stalled', error })
    return true
  }

  #tell(
    event: PublishEvent extends infer Each ? (Each extends PublishEvent ? Omit<Each, 'at'> : never) : never,
  ): void {
    const { clock, logger, onEvent } = this.#components
    const onFailure = (error: unknown): void => {
      logger.error({ err: error, event: event.type }, 'a listener of publishing threw')
    }
    if (event.type === 'stalled')
      logger.warn({ err: event.error }, 'nothing is published: the sink has failed')
    if (event.type === 'dropping') logger.warn({}, 'the sink does not keep up: records are left out')
    if (onEvent !== undefined) tell(onFailure, onEvent, { ...event, at: clock.wallTime() })
  }

  /** What a program's collectors throw goes no further. */
  #feed(work: () => unknown): void {
    const onFailure = (error: unknown): void => {
      this.#components.logger.error({ err: error }, 'a metric of the program failed')
    }
    tell(onFailure, work)
  }
}

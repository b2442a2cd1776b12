import type { Clock, Logger, MemoryAccount, MemoryBudget } from '@sapwood/transport-v1v2/environment'
import {
  addAbortListener,
  removeAbortListener,
  tell,
  withDeadline,
} from '@sapwood/transport-v1v2/environment'
import { type ArgumentCheck, oneOf } from '@sapwood/wire-codec/arguments'
import { NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { someBuffers, someWait } from './event-checks.ts'
import type { DroppedEvents, EventOf, EventSink, EventSource, SubscribeOptions } from './event-source.ts'

/** Events held for a subscriber unless it says so, and bytes. */
export const DEFAULT_EVENT_BUFFER = 1_000
export const DEFAULT_EVENT_BYTES = 4_000_000
/** What one event counts for beside what `emit` is told. */
export const EVENT_BYTES = 512

export interface EventHubComponents {
  readonly clock: Clock
  readonly logger: Logger
  /** What subscriptions hold counts there, as `events`. Default: nowhere. */
  readonly memory?: MemoryBudget
  /** The names that there are: no other is ever told of, and whoever waits for one waits for ever. */
  readonly names?: readonly string[]
}

/** Any event, as the hub sees it. */
interface AnyEvent {
  readonly type: PropertyKey
}

/**
 * Through it one node tells of what happens: where events are heard, with the way in; it knows nothing of
 * what they are about.
 */
export class EventHub<Events extends DroppedEvents> implements EventSource<Events>, EventSink<Events> {
  /** Events so far that subscriptions which do not keep up were not given. */
  dropped = 0
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #account: MemoryAccount | undefined
  readonly #aName: ArgumentCheck | undefined
  readonly #listeners = new Map<PropertyKey, Set<(event: never) => void>>()
  readonly #subscriptions = new Set<Subscription>()
  readonly #waiting = new Set<(error: NodeError) => void>()
  #closed = false

  constructor({ clock, logger, memory, names }: EventHubComponents) {
    this.#aName = names === undefined ? undefined : oneOf(...names)
    this.#clock = clock
    this.#logger = logger
    this.#account = memory?.open({ rank: 'protected' })
  }

  emit<Name extends keyof Events>(name: Name, facts: Events[Name], bytes = 0): void {
    if (this.#closed) return
    const event = { ...facts, type: name, at: this.#clock.wallTime() } as EventOf<Events, Name>
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(event as never)
    for (const subscription of this.#subscriptions) {
      this.dropped += subscription.push(event, EVENT_BYTES + bytes)
    }
  }

  /**
   * Ends every subscription after what it still holds; whoever waits for an event
   * learns that the node has stopped.
   */
  close(): void {
    this.#closed = true
    this.#listeners.clear()
    for (const subscription of this.#subscriptions) subscription.end()
    this.#subscriptions.clear()
    for (const reject of [...this.#waiting]) reject(stopped())
  }

  #refuseName(name: unknown, path: string): void {
    if (this.#aName !== undefined) refuseArgument(this.#aName, name, path)
  }

  on<Name extends keyof Events>(name: Name, listener: (event: EventOf<Events, Name>) => void): () => void {
    this.#refuseName(name, 'events.on: name')
    const onFailure = (error: unknown): void => {
      this.#logger.error({ err: error, event: name }, 'a listener of the node threw')
    }
    const guarded = (event: EventOf<Events, Name>): void => {
      tell(onFailure, listener, event)
    }
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    listeners.add(guarded)
    return () => void listeners.delete(guarded)
  }

  subscribe<Name extends keyof Events = keyof Events>(
    options: SubscribeOptions<Name> = {},
  ): AsyncIterableIterator<EventOf<Events, Name>> {
    refuseArgument(someBuffers, options, 'events.subscribe: options')
    for (const [index, name] of (options.types ?? []).entries())
      this.#refuseName(name, `events.subscribe: options.types[${index}]`)
    const release = (): boolean => this.#subscriptions.delete(subscription)
    const subscription: Subscription = new Subscription(this.#clock, options, release, this.#account)
    if (this.#closed) subscription.end()
    else this.#subscriptions.add(subscription)
    // The subscription lets through only the types asked for.
    return subscription as AsyncIterableIterator<unknown> as AsyncIterableIterator<EventOf<Events, Name>>
  }

  async next<Name extends keyof Events>(
    name: Name,
    options: {
      readonly filter?: (event: EventOf<Events, Name>) => boolean
      readonly signal?: AbortSignal
      readonly timeout?: number
    } = {},
  ): Promise<EventOf<Events, Name>> {
    this.#refuseName(name, 'events.next: name')
    refuseArgument(someWait, options, 'events.next: options')
    if (this.#closed) throw stopped()
    options.signal?.throwIfAborted()
    const { filter, signal, timeout: limit } = options
    if (limit === undefined) return this.#wait(name, filter, signal)
    return withDeadline(this.#clock, limit, (deadline) => this.#wait(name, filter, deadline), {
      signal,
      reason: () => new NodeError('timeout', `No ${String(name)} within ${limit} ms`, { limit }),
    })
  }

  #wait<Name extends keyof Events>(
    name: Name,
    filter: ((event: EventOf<Events, Name>) => boolean) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<EventOf<Events, Name>> {
    return new Promise((resolve, reject) => {
      const stop = this.on(name, (event) => {
        try {
          if (filter?.(event) === false) return
          resolve(event)
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error), { cause: error }))
        }
        letGo()
      })
      const onStopped = (error: Error): void => {
        reject(error)
        letGo()
      }
      const onAbort = (): void => onStopped(signal?.reason as Error)
      const letGo = (): void => {
        stop()
        this.#waiting.delete(onStopped)
        removeAbortListener(signal, onAbort)
      }
      this.#waiting.add(onStopped)
      addAbortListener(signal, onAbort)
    })
  }
}

function stopped(): NodeError {
  return new NodeError('stopped', 'The node has stopped')
}

/** One program's events: the oldest go when it does not keep up, and their number is told in their place. */
class Subscription implements AsyncIterableIterator<AnyEvent> {
  readonly #clock: Clock
  readonly #types: ReadonlySet<PropertyKey> | undefined
  readonly #queue: BoundedQueue<AnyEvent>

  constructor(
    clock: Clock,
    options: SubscribeOptions<PropertyKey>,
    release: () => void,
    account: MemoryAccount | undefined,
  ) {
    this.#clock = clock
    this.#types = options.types === undefined ? undefined : new Set(options.types)
    const limits = {
      count: options.buffer ?? DEFAULT_EVENT_BUFFER,
      bytes: options.bufferBytes ?? DEFAULT_EVENT_BYTES,
    }
    this.#queue = new BoundedQueue(limits, options.signal, release, account)
  }

  /** @returns how many were left out for it. */
  push(event: AnyEvent, bytes: number): number {
    return this.#types?.has(event.type) === false ? 0 : this.#queue.push(event, bytes)
  }

  end(): void {
    this.#queue.end()
  }

  next(): Promise<IteratorResult<AnyEvent>> {
    const count = this.#queue.dropped
    if (count === 0) return this.#queue.next()
    this.#queue.dropped = 0
    const dropped: EventOf<DroppedEvents, 'events-dropped'> = {
      type: 'events-dropped',
      at: this.#clock.wallTime(),
      count,
    }
    return Promise.resolve({ done: false, value: dropped })
  }

  return(): Promise<IteratorResult<AnyEvent>> {
    return this.#queue.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

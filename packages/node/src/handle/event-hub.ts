import type { Clock, Logger } from '@sapwood/transport-v1v2'
import { withDeadline } from '@sapwood/transport-v1v2'
import { NodeError } from '../errors/node-error.ts'
import type {
  NodeEvent,
  NodeEventName,
  NodeEventOf,
  NodeEvents,
  NodeEventSource,
  SubscribeOptions,
} from './node-events.ts'

/** Events held for a subscriber unless it says so. */
export const DEFAULT_EVENT_BUFFER = 1_000

/** The source of events with the way in that only the node has. */
export interface EventHub extends NodeEventSource {
  emit<Name extends NodeEventName>(name: Name, facts: NodeEvents[Name]): void
  /** Ends every subscription after what it still holds. */
  close(): void
}

type AnyListener = (event: NodeEvent) => void

/** Makes the hub through which one node tells of what happens. */
export function createEventHub(components: { readonly clock: Clock; readonly logger: Logger }): EventHub {
  const { clock, logger } = components
  const listeners = new Set<AnyListener>()
  const subscriptions = new Set<Subscription>()
  let closed = false

  const on = <Name extends NodeEventName>(
    name: Name,
    listener: (event: NodeEventOf<Name>) => void,
  ): (() => void) => {
    const guarded: AnyListener = (event) => {
      if (!isOf(event, name)) return
      try {
        listener(event)
      } catch (error) {
        logger.error({ err: error, event: name }, 'a listener of the node threw')
      }
    }
    listeners.add(guarded)
    return () => void listeners.delete(guarded)
  }

  return {
    emit: (name, facts) => {
      if (closed) return
      const event = { ...facts, type: name, at: clock.now() } as unknown as NodeEvent
      for (const listener of [...listeners]) listener(event)
      for (const subscription of subscriptions) subscription.push(event)
    },
    close: () => {
      closed = true
      listeners.clear()
      for (const subscription of subscriptions) subscription.end()
      subscriptions.clear()
    },
    on,
    subscribe: <Name extends NodeEventName = NodeEventName>(options: SubscribeOptions<Name> = {}) => {
      const subscription = new Subscription(clock, options, () => subscriptions.delete(subscription))
      if (closed) subscription.end()
      else subscriptions.add(subscription)
      // The subscription lets through only the types asked for.
      return subscription as unknown as AsyncIterableIterator<NodeEventOf<Name>>
    },
    next: async (name, options = {}) => {
      if (closed) throw new NodeError('stopped', 'The node has stopped')
      let stop = (): void => undefined
      const wait = (signal?: AbortSignal): Promise<NodeEventOf<typeof name>> =>
        new Promise((resolve, reject) => {
          const stopEvent = on(name, (event) => {
            if (options.filter?.(event) !== false) resolve(event)
          })
          const stopEnd =
            name === 'stopped'
              ? () => undefined
              : on('stopped', () => reject(new NodeError('stopped', 'The node has stopped')))
          const onAbort = (): void => reject(signal?.reason as Error)
          signal?.addEventListener('abort', onAbort, { once: true })
          stop = () => {
            stopEvent()
            stopEnd()
            signal?.removeEventListener('abort', onAbort)
          }
        })
      try {
        options.signal?.throwIfAborted()
        const limit = options.timeout
        if (limit === undefined) return await wait(options.signal)
        return await withDeadline(clock, limit, wait, {
          signal: options.signal,
          reason: () => new NodeError('timeout', `No ${name} within ${limit} ms`, { limit }),
        })
      } finally {
        stop()
      }
    },
  }
}

function isOf<Name extends NodeEventName>(
  event: NodeEvent,
  name: Name,
): event is NodeEvent & NodeEventOf<Name> {
  return event.type === name
}

/** One program's bounded queue of events: the oldest go when it is full, and their number is told in their place. */
class Subscription implements AsyncIterableIterator<NodeEvent> {
  readonly #clock: Clock
  readonly #types: ReadonlySet<string> | undefined
  readonly #limit: number
  readonly #release: () => void
  readonly #signal: AbortSignal | undefined
  #queue: NodeEvent[] = []
  #dropped = 0
  #ended = false
  readonly #waiting: ((result: IteratorResult<NodeEvent>) => void)[] = []

  constructor(clock: Clock, options: SubscribeOptions, release: () => void) {
    this.#clock = clock
    this.#types = options.types === undefined ? undefined : new Set(options.types)
    this.#limit = Math.max(1, options.buffer ?? DEFAULT_EVENT_BUFFER)
    this.#release = release
    this.#signal = options.signal
    if (options.signal?.aborted === true) this.#ended = true
    options.signal?.addEventListener('abort', this.end, { once: true })
  }

  push(event: NodeEvent): void {
    if (this.#ended || this.#types?.has(event.type) === false) return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting({ done: false, value: event })
      return
    }
    this.#queue.push(event)
    if (this.#queue.length <= this.#limit) return
    this.#queue.shift()
    this.#dropped += 1
  }

  readonly end = (): void => {
    this.#ended = true
    this.#signal?.removeEventListener('abort', this.end)
    this.#release()
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined })
  }

  next(): Promise<IteratorResult<NodeEvent>> {
    if (this.#dropped > 0) {
      const value: NodeEvent = { type: 'events-dropped', at: this.#clock.now(), count: this.#dropped }
      this.#dropped = 0
      return Promise.resolve({ done: false, value })
    }
    const value = this.#queue.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<NodeEvent>> {
    this.#queue = []
    this.#dropped = 0
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

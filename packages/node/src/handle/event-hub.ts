import type { Clock, Logger } from '@sapwood/transport-v1v2'
import { withDeadline } from '@sapwood/transport-v1v2'
import { NodeError } from '../errors/node-error.ts'
import { BoundedQueue } from './bounded-queue.ts'
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

/** One program's events: the oldest go when it does not keep up, and their number is told in their place. */
class Subscription implements AsyncIterableIterator<NodeEvent> {
  readonly #clock: Clock
  readonly #types: ReadonlySet<string> | undefined
  readonly #queue: BoundedQueue<NodeEvent>

  constructor(clock: Clock, options: SubscribeOptions, release: () => void) {
    this.#clock = clock
    this.#types = options.types === undefined ? undefined : new Set(options.types)
    this.#queue = new BoundedQueue(options.buffer ?? DEFAULT_EVENT_BUFFER, options.signal, release)
  }

  push(event: NodeEvent): void {
    if (this.#types?.has(event.type) !== false) this.#queue.push(event)
  }

  end(): void {
    this.#queue.end()
  }

  next(): Promise<IteratorResult<NodeEvent>> {
    const count = this.#queue.dropped
    if (count === 0) return this.#queue.next()
    this.#queue.dropped = 0
    return Promise.resolve({ done: false, value: { type: 'events-dropped', at: this.#clock.now(), count } })
  }

  return(): Promise<IteratorResult<NodeEvent>> {
    return this.#queue.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

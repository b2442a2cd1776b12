import type { Clock, Logger, MemoryAccount, MemoryBudget } from '@sapwood/transport-v1v2'
import { addAbortListener, removeAbortListener, withDeadline } from '@sapwood/transport-v1v2'
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

/** Events held for a subscriber unless it says so, and bytes. */
export const DEFAULT_EVENT_BUFFER = 1_000
export const DEFAULT_EVENT_BYTES = 4_000_000
/** What one event counts for beside what `emit` is told. */
const EVENT_BYTES = 512

/** The source of events with the way in that only the node has. */
export interface EventHub extends NodeEventSource {
  /** @param bytes What the facts hold beside a few hundred bytes: a transaction. Default: 0. */
  emit<Name extends NodeEventName>(name: Name, facts: NodeEvents[Name], bytes?: number): void
  /** Events so far that subscriptions which do not keep up were not given. */
  readonly dropped: number
  /** Ends every subscription after what it still holds. */
  close(): void
}

type AnyListener = (event: NodeEvent) => void

/** Makes the hub through which one node tells of what happens. */
export function createEventHub(components: {
  readonly clock: Clock
  readonly logger: Logger
  /** What subscriptions hold counts there, as `events`. Default: nowhere. */
  readonly memory?: MemoryBudget
}): EventHub {
  const { clock, logger } = components
  const account = components.memory?.open({ rank: 'protected' })
  const listeners = new Set<AnyListener>()
  const subscriptions = new Set<Subscription>()
  let closed = false
  let dropped = 0

  const on = <Name extends NodeEventName>(
    name: Name,
    listener: (event: NodeEventOf<Name>) => void,
  ): (() => void) => {
    const onFailure = (error: unknown): void => {
      logger.error({ err: error, event: name }, 'a listener of the node threw')
    }
    const guarded: AnyListener = (event) => {
      if (!isOf(event, name)) return
      try {
        // An async function is a listener too, whatever its type says.
        const heard = listener(event) as unknown
        if (heard instanceof Promise) heard.catch(onFailure)
      } catch (error) {
        onFailure(error)
      }
    }
    listeners.add(guarded)
    return () => void listeners.delete(guarded)
  }

  return {
    get dropped() {
      return dropped
    },
    emit: (name, facts, bytes = 0) => {
      if (closed) return
      const event = { ...facts, type: name, at: clock.wallTime() } as unknown as NodeEvent
      for (const listener of [...listeners]) listener(event)
      for (const subscription of subscriptions) dropped += subscription.push(event, EVENT_BYTES + bytes)
    },
    close: () => {
      closed = true
      listeners.clear()
      for (const subscription of subscriptions) subscription.end()
      subscriptions.clear()
    },
    on,
    subscribe: <Name extends NodeEventName = NodeEventName>(options: SubscribeOptions<Name> = {}) => {
      const release = (): boolean => subscriptions.delete(subscription)
      const subscription: Subscription = new Subscription(clock, options, release, account)
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
            try {
              if (options.filter?.(event) !== false) resolve(event)
            } catch (error) {
              reject(error)
            }
          })
          const stopEnd =
            name === 'stopped'
              ? () => undefined
              : on('stopped', () => reject(new NodeError('stopped', 'The node has stopped')))
          const onAbort = (): void => reject(signal?.reason as Error)
          addAbortListener(signal, onAbort)
          stop = () => {
            stopEvent()
            stopEnd()
            removeAbortListener(signal, onAbort)
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

  constructor(
    clock: Clock,
    options: SubscribeOptions,
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
  push(event: NodeEvent, bytes: number): number {
    return this.#types?.has(event.type) === false ? 0 : this.#queue.push(event, bytes)
  }

  end(): void {
    this.#queue.end()
  }

  next(): Promise<IteratorResult<NodeEvent>> {
    const count = this.#queue.dropped
    if (count === 0) return this.#queue.next()
    this.#queue.dropped = 0
    return Promise.resolve({
      done: false,
      value: { type: 'events-dropped', at: this.#clock.wallTime(), count },
    })
  }

  return(): Promise<IteratorResult<NodeEvent>> {
    return this.#queue.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

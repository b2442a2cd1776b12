import type { WallTime } from '@sapwood/transport-v1v2/environment'

/** What a hub tells of itself. */
export interface DroppedEvents {
  /** This subscription did not keep up: `count` events were left out here. */
  'events-dropped': { readonly count: number }
}

/** One event: its name in `type`, when it happened, its facts. */
export type EventOf<Events, Name extends keyof Events> = {
  readonly [Each in Name]: { readonly type: Each; readonly at: WallTime } & Events[Each]
}[Name]

/** The way in for what happens: a part of the node takes that of its own events. */
export interface EventSink<Events> {
  /** @param bytes What the facts hold beside a few hundred bytes: a transaction. Default: 0. */
  emit<Name extends keyof Events>(name: Name, facts: Events[Name], bytes?: number): void
}

/** Which events a subscription takes, and how many it holds. */
export interface SubscribeOptions<Name> {
  /** Which events. Default: all. */
  readonly types?: readonly Name[]
  /**
   * Events held for a subscriber that does not keep up; older ones are dropped and counted. Default: 1,000.
   */
  readonly buffer?: number
  /** Bytes of them, the transactions that they tell of included. Default: 4,000,000. */
  readonly bufferBytes?: number
  /** Ends the iteration. */
  readonly signal?: AbortSignal
}

/** Stops a listener. */
export type StopListening = () => void

/** Where events are heard. `Events`: facts by the name of the event. */
export interface EventSource<Events> {
  /** Events from now on, in order, until the node has stopped. Each call is a subscription of its own. */
  subscribe<Name extends keyof Events = keyof Events>(
    options?: SubscribeOptions<Name>,
  ): AsyncIterableIterator<EventOf<Events, Name>>
  /**
   * Calls `listener` for each event of that name, synchronously. What it throws, or its promise rejects with,
   * is logged and goes no further.
   */
  on<Name extends keyof Events>(name: Name, listener: (event: EventOf<Events, Name>) => void): StopListening
  /** The next event of that name that passes `filter`; rejects with what `filter` throws. */
  next<Name extends keyof Events>(
    name: Name,
    options?: {
      readonly filter?: (event: EventOf<Events, Name>) => boolean
      readonly signal?: AbortSignal
      /** Milliseconds. Default: no deadline. */
      readonly timeout?: number
    },
  ): Promise<EventOf<Events, Name>>
}

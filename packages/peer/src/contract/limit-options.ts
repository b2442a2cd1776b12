import type { Message } from '@sapwood/wire-codec'

/** A token bucket: `burst` at once, refilled with `perSecond`. */
export interface BucketOptions {
  readonly burst: number
  readonly perSecond: number
}

/** Limits by message type; a program's own messages have theirs by their command. */
export type BucketsByType = { readonly [Type in Message['type']]?: BucketOptions | false } & {
  readonly [command: string]: BucketOptions | false | undefined
}

/** What one remote may send. What was asked for does not count. */
export interface LimitOptions {
  /** Addresses taken from `addr` and `addrv2`; more are dropped. Default: 1,000, 0.1 a second (Core). */
  readonly addresses?: BucketOptions
  /**
   * Our work for what was not asked for, in microseconds as they are counted by type and size; beyond it the
   * remote is read more slowly. Default, at once and a second: inbound 200,000 and 20,000 (2 % of our time),
   * manual 2,000,000 and 500,000, others 1,000,000 and 50,000. `false` lifts the limit.
   */
  readonly work?: BucketOptions | false
  /**
   * Messages by type; more end the connection (`flood`). Merged over the defaults, which are 100 and one a
   * second for what comes once in a connection by its nature, and none for all else; `false` lifts a limit.
   */
  readonly messages?: BucketsByType
  /**
   * Bytes waiting to be sent before the remote's messages are no longer read. Default: 1,000,000 (Core,
   * `-maxsendbuffer`).
   */
  readonly pauseAtQueuedBytes?: number
  /** Bytes waiting to be sent at which the connection ends. Default: 8,000,000. */
  readonly maxQueuedBytes?: number
  /** Requests waiting for the connection to take them. Default: 1,000. */
  readonly maxQueuedRequests?: number
  /**
   * Bytes read and not handled, 256 for each message counted on top, from which on the socket is no longer
   * read. Default: 1,000,000. It is as many as a remote of this kind queues, so that two that serve each
   * other do not stand still.
   */
  readonly maxUnhandledBytes?: number
  /** Notifications held for `messages()` before the socket is no longer read. Default: 64. */
  readonly messageQueue?: number
}

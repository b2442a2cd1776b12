/** What is used of a `Worker`, a worker's `self` or a `MessagePort`. */
export interface RemotePort {
  postMessage(message: unknown): void
  /** Of a `message` the listener gets the event, with its `data`. */
  addEventListener(type: 'message' | 'error' | 'messageerror', listener: (event: unknown) => void): void
  /** A `MessagePort` begins with it. */
  start?(): void
}

/** Names a call, or a stream that one opened. */
export type CallId = number

/** From the one that holds the handle to the one that has the node. */
export type RemoteRequest =
  | { readonly type: 'start'; readonly settings: unknown }
  | { readonly type: 'call'; readonly id: CallId; readonly path: string; readonly args: unknown }
  | { readonly type: 'open'; readonly id: CallId; readonly path: string; readonly args: unknown }
  /** Of a stream: `next`, `return`, `add`, `remove`. */
  | {
      readonly type: 'stream'
      readonly id: CallId
      readonly stream: CallId
      readonly method: string
      readonly args: unknown
    }
  | { readonly type: 'abort'; readonly id: CallId; readonly reason: unknown }
  /** So many more events have been heard. */
  | { readonly type: 'heard'; readonly count: number }

/** The way back. */
export type RemoteAnswer =
  | { readonly type: 'started' }
  | { readonly type: 'refused'; readonly error: unknown }
  | { readonly type: 'result'; readonly id: CallId; readonly value: unknown; readonly facts?: unknown }
  | { readonly type: 'error'; readonly id: CallId; readonly error: unknown }
  | { readonly type: 'event'; readonly event: unknown }
  | { readonly type: 'ended' }

/**
 * Events that are on their way and not heard yet, at most: a port holds whatever is posted to it, and a page
 * may stand still for minutes. Beyond them the node's own subscription holds back, which is bounded in bytes.
 */
export const MAX_UNHEARD_EVENTS = 64
/** Events of which the one that holds the handle tells at once that it has heard them. */
export const HEARD_AT_ONCE = 16

/** The message of an event of the port; undefined for one that is not ours: others may use it, too. */
export function remoteMessage(event: unknown): object | undefined {
  const { data } = event as { readonly data: unknown }
  return typeof data === 'object' && data !== null && 'sapwood' in data ? data : undefined
}

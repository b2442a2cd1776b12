import type { Contents } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'

/**
 * What the `MessageActor` tells its peer. `at` is when it was read, so that queueing does not spoil
 * latencies.
 */
export type ReaderMessage =
  | {
      readonly type: 'messages'
      readonly messages: readonly Contents[]
      /** What they hold: their payloads, and `MESSAGE_OVERHEAD` for each. */
      readonly bytes: number
      readonly at: Instant
    }
  /** The remote ended the connection cleanly. Nothing follows. */
  | { readonly type: 'end'; readonly at: Instant }
  /** Reading failed. Nothing follows. */
  | { readonly type: 'error'; readonly error: unknown; readonly at: Instant }

/**
 * What a message costs beside its payload: objects for itself, for its view and in queues. Counted, since a
 * remote that sends messages without a payload would otherwise be allowed some ten times what a limit says.
 */
export const MESSAGE_OVERHEAD = 256

/** Bytes that messages which have been read hold until they are handled. */
export function heldBytes(messages: readonly Contents[]): number {
  let bytes = MESSAGE_OVERHEAD * messages.length
  for (const { payload } of messages) bytes += payload.length
  return bytes
}

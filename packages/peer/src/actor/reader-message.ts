import type { Instant, TransportMessage } from '@sapwood/transport-v1v2'

/** What the `MessageActor` tells its peer. `at` is when it was read, so that queueing does not spoil latencies. */
export type ReaderMessage =
  | { readonly type: 'messages'; readonly messages: readonly TransportMessage[]; readonly at: Instant }
  /** The remote ended the connection cleanly. Nothing follows. */
  | { readonly type: 'end'; readonly at: Instant }
  /** Reading failed. Nothing follows. */
  | { readonly type: 'error'; readonly error: unknown; readonly at: Instant }

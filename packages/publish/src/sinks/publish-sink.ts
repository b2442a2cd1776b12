import type { PublishedMessage } from '../records/published-message.ts'

/** Where a sink stands. */
export interface SinkState {
  /** The last message that is acknowledged; absent in one that is empty. */
  readonly last?: PublishedMessage
  /** Bytes of payload that a message takes. */
  readonly maxPayload: number
}

/**
 * Where records are published to. It keeps messages in the order of their sequence, and the position with
 * each: how far publishing has come is what its last message says.
 */
export interface PublishSink {
  /**
   * Where it stands, made ready for `append`. @throws PublishError `unavailable`, `position-lost`;
   * `payload-limit` and `invalid-argument` where it can never take what is published.
   */
  open(): Promise<SinkState>
  /** A message that is still there. */
  at(sequence: number): Promise<PublishedMessage | undefined>
  /**
   * Appends messages that follow each other. Resolves when all are acknowledged: they are there after a
   * crash of the sink. Where it rejects, the first of them may be there, in order, or none: `open` says.
   * @throws PublishError `conflict` where the first does not follow the last that is there; `unavailable`.
   */
  append(messages: readonly PublishedMessage[]): Promise<void>
}

/** Where what was published is read. */
export interface PublishSource {
  /**
   * Messages after a sequence, and those that follow, for ever. It may begin later where the first are gone,
   * and say one twice: `readRecords` sees to both.
   * @throws PublishError `gap` where less is there than the consumer has had: the log was made anew.
   */
  read(options: { readonly after: number; readonly signal?: AbortSignal }): AsyncIterable<PublishedMessage>
}

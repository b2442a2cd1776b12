import type { Contents } from '@sapwood/wire-codec'
import type { Outbox } from './outbox.ts'
import type { PayloadLimits } from './payload-limits.ts'

/** What a codec has counted that is not seen from outside it. */
export interface CodecCounters {
  readonly decoysReceived: number
  readonly decoysSent: number
  /** Messages that were framed well and dropped: a wrong checksum, a command that is none, an unknown id. */
  readonly messagesDropped: number
  /** Changes of key in both directions (v2). */
  readonly rekeys: number
}

/** One framing of messages on one connection: bytes in and messages out, and back, without any I/O. */
export interface FrameCodec {
  /** Where framed bytes go. */
  readonly outbox: Outbox
  /** How long what is received may be. */
  readonly payloadLimits: PayloadLimits
  /**
   * Takes in the next bytes and appends the messages they complete.
   * @throws TransportError: the messages appended until then are good, and no call may follow.
   */
  receive(chunk: Uint8Array, messages: Contents[]): void
  /**
   * Appends one message's frame to the outbox. @throws TransportError `message-too-large` or
   * `invalid-command`.
   */
  frame(message: Contents): void
  /** Whether the bytes so far end where a message ends. */
  readonly atBoundary: boolean
  /** Bytes held of a message that is not complete. */
  readonly partialBytes: number
  /** Bytes that the message under way still lacks, as far as is known; 0 where nothing is under way. */
  readonly missingBytes: number
  /** Bytes of decoys and of messages that were dropped, so far. */
  readonly wastedBytes: number
  counters(): CodecCounters
  /** Overwrites secrets. No call may follow, but for `counters`. */
  wipe(): void
}

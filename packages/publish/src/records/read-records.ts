import { concatBytes } from '@sapwood/wire-codec'
import { PublishError } from '../errors/publish-error.ts'
import type { Position } from './position.ts'
import type { PublishedMessage, RecordContent } from './published-message.ts'

/** A record as a consumer has it. */
export interface PublishedRecord extends RecordContent {
  /** Of its last message. A consumer keeps it with what it makes of the record, and goes on after it. */
  readonly sequence: number
  /** Kept as well: the sequence counts in the log of this name, and in no other. */
  readonly log: string
  readonly position: Position
}

/** Where a consumer stands. */
export interface ReadRecordsOptions {
  /** The sequence of the last record that it has; 0 to begin with the first. */
  readonly after: number
  /** The log that it had that of. Default: any. */
  readonly log?: string | undefined
}

/** Bytes of a record of several pieces at most: the largest block (4,000,000) with room. */
const MAX_RECORD_BYTES = 8_000_000

/**
 * Puts messages together to records: each once, in order. What a publisher left unfinished when it was killed
 * is left out, and so is a message that comes again.
 * @throws what the source throws; PublishError `gap` where messages are missing, `another-log` where they are
 * of a log that was made anew since, `foreign-message` where a record has too many bytes.
 */
export async function* readRecords(
  messages: AsyncIterable<PublishedMessage>,
  { after, log: wanted }: ReadRecordsOptions,
): AsyncGenerator<PublishedRecord, void, undefined> {
  let last = after
  let name = after === 0 ? undefined : wanted
  let pieces: Uint8Array[] = []
  let bytes = 0
  for await (const message of messages) {
    const { sequence, log, piece, payload } = message
    name ??= log
    if (log !== name) {
      throw new PublishError('another-log', `Log ${name} is gone; message ${sequence} is of log ${log}`, {
        sequence,
      })
    }
    if (sequence <= last) continue
    if (sequence !== last + 1) {
      throw new PublishError('gap', `Message ${last + 1} is gone; the first that is there is ${sequence}`, {
        expected: last + 1,
        sequence,
      })
    }
    last = sequence
    if (piece === 1) {
      pieces = []
      bytes = 0
    }
    // The consumer begins in the middle of a record that it has not got the beginning of.
    if (piece !== pieces.length + 1) continue
    pieces.push(payload)
    bytes += payload.length
    if (bytes > MAX_RECORD_BYTES) {
      throw new PublishError(
        'foreign-message',
        `Record ${sequence} has more than ${MAX_RECORD_BYTES} bytes`,
        {
          sequence,
          limit: MAX_RECORD_BYTES,
        },
      )
    }
    if (piece < message.pieces) continue
    const { kind, facts, position } = message
    yield {
      kind,
      facts,
      payload: pieces.length === 1 ? payload : concatBytes(...pieces),
      sequence,
      log,
      position,
    }
    pieces = []
    bytes = 0
  }
}

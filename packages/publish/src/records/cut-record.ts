import type { Position } from './position.ts'
import type { PublishedMessage, RecordContent } from './published-message.ts'

/** Where a record goes. */
export interface RecordPlace {
  /** Of its first message. */
  readonly sequence: number
  readonly log: string
  readonly run: string
  /** Bytes of payload that a message takes. */
  readonly maxPayload: number
  readonly before: Position
  readonly after: Position
}

/** The messages of a record: one, or as many as it takes. */
export function cutRecord(record: RecordContent, place: RecordPlace): PublishedMessage[] {
  const { payload } = record
  const { maxPayload, log, run } = place
  const pieces = Math.max(1, Math.ceil(payload.length / maxPayload))
  return Array.from({ length: pieces }, (_, index) => ({
    ...record,
    payload: payload.subarray(index * maxPayload, (index + 1) * maxPayload),
    sequence: place.sequence + index,
    log,
    run,
    piece: index + 1,
    pieces,
    position: index + 1 === pieces ? place.after : place.before,
  }))
}

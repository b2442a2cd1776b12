import type { Position } from './position.ts'

/**
 * What a record tells of, as its subject ends:
 *
 * - `headers`: headers of the best chain, one after the other. Payload: 80 bytes each.
 * - `headers.undone`: headers that are not in the best chain any more. Payload: JSON.
 * - `block`: the next block of the best chain. Payload: the block with its witnesses, as on the wire.
 * - `blocks.undone`: blocks that are not in the best chain any more. Payload: JSON.
 * - `transaction`: one that was heard; nobody has checked its scripts. Payload: with its witnesses.
 * - `peer`: what happened to a connection. Payload: JSON.
 * - `dropped`: records of the last two kinds that were left out here, since the sink did not keep up. JSON.
 */
export const RECORD_KINDS = [
  'headers',
  'headers.undone',
  'block',
  'blocks.undone',
  'transaction',
  'peer',
  'dropped',
] as const
/** One of {@link RECORD_KINDS}. */
export type RecordKind = (typeof RECORD_KINDS)[number]

/** Something that was published. */
export interface RecordContent {
  readonly kind: RecordKind
  /** What can be told without reading the payload, by name: `Height`, `Hash`, … */
  readonly facts: Readonly<Record<string, string>>
  readonly payload: Uint8Array
}

/** A message of a sink: a record, or a piece of one that is larger than the sink's messages may be. */
export interface PublishedMessage extends RecordContent {
  /** Counts the messages of a sink, from 1 on, without a gap. */
  readonly sequence: number
  /**
   * Names what it stands in: 16 hexadecimal characters, by whoever wrote the first message. Where that was
   * lost and is made anew, its messages count from 1 again, and have another name.
   */
  readonly log: string
  /** Names the process that wrote it: 16 hexadecimal characters. */
  readonly run: string
  /** Which piece of its record it is, from 1 on. What is followed by a first piece was left unfinished. */
  readonly piece: number
  readonly pieces: number
  /** How far publishing has come with the last record that is whole, this one included where it is. */
  readonly position: Position
}

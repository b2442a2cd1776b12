/** What takes a block back, as bytes that a store keeps. */
import { HASH_SIZE, asTxid, ByteReader, ByteWriter, type OutPoint } from '@sapwood/wire-codec'
import type { ForestUndo } from '../accumulator/forest.ts'
import type { ConnectedBlock } from './proof-maker.ts'
import { decodeKeptOutput, encodeKeptOutput, type PlacedOutput } from './kept-output.ts'

/** What is needed to take a block back. */
export interface BlockUndo {
  /** Outputs that are unspent again. */
  readonly spent: readonly PlacedOutput[]
  /** Outputs that are gone. */
  readonly created: readonly OutPoint[]
  readonly forest: ForestUndo
}

/** The undo record of a block, as bytes. */
export function encodeBlockUndo({ spent, created, undo }: ConnectedBlock): Uint8Array {
  const writer = new ByteWriter(64 + spent.length * 150 + created.length * 36)
  writer.compactSize(undo.leavesBefore).compactSize(undo.leavesAfter).compactSize(undo.emptyRows.length)
  for (const row of undo.emptyRows) writer.u8(row)
  writer.compactSize(created.length)
  for (const { outPoint } of created) writeOutPoint(writer, outPoint)
  writer.compactSize(spent.length)
  spent.forEach(({ outPoint, output }, index) => {
    const [row, offset, isRight] = undo.places.subarray(3 * index)
    writeOutPoint(writer, outPoint)
    writer.varBytes(encodeKeptOutput(output)).u8(row!).u8(isRight!).compactSize(offset!)
  })
  return writer.finish()
}

/** Reads what `encodeBlockUndo` wrote. @throws DecodeError where that is cut short. */
export function decodeBlockUndo(bytes: Uint8Array): BlockUndo {
  const reader = new ByteReader(bytes)
  const leavesBefore = reader.compactSize()
  const leavesAfter = reader.compactSize()
  const emptyRows = reader.list(reader.count(64, 1), (next) => next.u8())
  const created = reader.list(reader.compactSize(), readOutPoint)
  const count = reader.compactSize()
  const deleted = new Uint8Array(count * HASH_SIZE)
  const places = new Float64Array(3 * count)
  const spent: PlacedOutput[] = []
  for (let index = 0; index < count; index++) {
    const outPoint = readOutPoint(reader)
    const output = decodeKeptOutput(reader.varBytes())
    const row = reader.u8()
    const isRight = reader.u8()
    deleted.set(output.leafHash, index * HASH_SIZE)
    places.set([row, reader.compactSize(), isRight], 3 * index)
    spent.push({ outPoint, output })
  }
  return { spent, created, forest: { leavesBefore, leavesAfter, emptyRows, deleted, places } }
}

function writeOutPoint(writer: ByteWriter, { txid, index }: OutPoint): void {
  writer.hash(txid).u32(index)
}

function readOutPoint(reader: ByteReader): OutPoint {
  return { txid: asTxid(reader.view(32)), index: reader.u32() }
}

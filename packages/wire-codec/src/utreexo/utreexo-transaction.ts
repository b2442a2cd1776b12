/**
 * `utreexotx`: a transaction with the proof of what it spends.
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import { lazyFields } from '../primitives/lazy-fields.ts'
import { lazyList } from '../bytes/lazy-list.ts'
import type { Hash256 } from '../hash/hashes.ts'
import {
  type DecodedTransaction,
  decodeTransaction,
  readTransaction,
} from '../primitives/transaction-decoder.ts'
import { encodeTransaction } from '../primitives/transaction-encoder.ts'
import type { Transaction, TransactionInput } from '../primitives/transaction.ts'
import { type LeafData, readLeafData, skipLeafData, writeLeafData } from './leaf-data.ts'
import { MAX_UTREEXO_HASHES, MAX_UTREEXO_TARGETS, readTargets } from './utreexo-proof.ts'

/** A transaction with the proof of what it spends. */
export interface UtreexoTransaction {
  readonly transaction: Transaction
  /** Positions of the spent leaves in the forest, one for each input that spends a confirmed output. */
  readonly targets: BigUint64Array
  readonly proofHashes: readonly Hash256[]
  /** One for each input; undefined where it spends an output that is in no block yet. */
  readonly leafData: readonly (LeafData | undefined)[]
}

/** Largest index of an output that fits: its place on the wire is doubled. */
const MAX_INDEX = 0x7fff_ffff
/** From the start of an input to the index of the output that it spends. */
const INDEX_OFFSET = 32

interface Lists {
  readonly proof: () => Pick<UtreexoTransaction, 'targets' | 'proofHashes'>
  readonly leafData: () => UtreexoTransaction['leafData']
}

const withLists = /* @__PURE__ */ lazyFields({
  targets: ({ proof }: Lists) => proof().targets,
  proofHashes: ({ proof }: Lists) => proof().proofHashes,
  leafData: ({ leafData }: Lists) => leafData(),
})

/**
 * Reads the payload of `utreexotx`. The index of each spent output is doubled on the wire, with a 1 added
 * where the output is not confirmed; the leaves are as many as there are without, uncounted (the draft of
 * BIP183 has a count before them).
 */
export function readUtreexoTransaction(reader: ByteReader): UtreexoTransaction {
  const proof = lazyList(reader, (next) => ({
    targets: readTargets(next, next.compactSize()),
    proofHashes: next.list(next.compactSize(), (each) => each.hash()),
  }))
  for (let left = reader.count(MAX_UTREEXO_TARGETS, 1); left > 0; left--) reader.skipCompactSize64()
  reader.skip(reader.count(MAX_UTREEXO_HASHES, 32) * 32)
  const decoded = readTransaction(reader)
  // The bytes are another transaction's: one with its own has another id.
  const { bytes, unconfirmed } = withOwnIndexes(decoded)
  const leafData = lazyList(reader, (next) =>
    unconfirmed.map((isUnconfirmed) => (isUnconfirmed ? undefined : readLeafData(next))),
  )
  for (const isUnconfirmed of unconfirmed) if (!isUnconfirmed) skipLeafData(reader)
  return withLists({ transaction: decodeTransaction(bytes) }, { proof, leafData })
}

function withOwnIndexes({ source, start, end, inputsStart }: DecodedTransaction): {
  readonly bytes: Uint8Array
  readonly unconfirmed: readonly boolean[]
} {
  const bytes = source.slice(start, end)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const reader = new ByteReader(bytes)
  reader.skip(inputsStart - start)
  const count = reader.compactSize()
  const unconfirmed = new Array<boolean>(count)
  for (let i = 0; i < count; i++) {
    reader.skip(INDEX_OFFSET)
    const { offset } = reader
    const index = reader.u32()
    unconfirmed[i] = (index & 1) === 1
    view.setUint32(offset, index >>> 1, true)
    reader.skipVarBytes()
    reader.skip(4)
  }
  return { bytes, unconfirmed }
}

/**
 * Writes the payload of `utreexotx`. @throws RangeError unless there is an entry of `leafData` for each
 * input.
 */
export function writeUtreexoTransaction(writer: ByteWriter, whole: UtreexoTransaction): void {
  const { transaction, targets, proofHashes, leafData } = whole
  if (leafData.length !== transaction.inputs.length)
    throw new RangeError(`${leafData.length} leaves for ${transaction.inputs.length} inputs`)
  writer.compactSize(targets.length)
  for (const target of targets) writer.compactSize(target)
  writer.compactSize(proofHashes.length)
  for (const hash of proofHashes) writer.hash(hash)
  const { version, outputs, lockTime } = transaction
  const inputs = transaction.inputs.map((input, index) => withMark(input, leafData[index] === undefined))
  writer.bytes(encodeTransaction({ version, inputs, outputs, lockTime }))
  for (const leaf of leafData) if (leaf !== undefined) writeLeafData(writer, leaf)
}

function withMark(input: TransactionInput, unconfirmed: boolean): TransactionInput {
  const { txid, index } = input.previousOutput
  if (index > MAX_INDEX) throw new RangeError(`Not the index of a confirmed output: ${index}`)
  return { ...input, previousOutput: { txid, index: index * 2 + Number(unconfirmed) } }
}

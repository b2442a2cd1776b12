/**
 * Transactions, with their witness (BIP144).
 * https://github.com/bitcoin/bips/blob/master/bip-0144.mediawiki
 * @module
 */

import { requireBytes } from '../arguments/require-argument.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import type { DecodeSeverity } from '../errors/decode-error.ts'
import { asTxid, type Txid, type Wtxid } from '../hash/hashes.ts'
import { giveTextForm } from '../text-form/text-form.ts'
import type { Transaction, TransactionInput, TransactionOutput } from './transaction.ts'

/** Least bytes of an input: outpoint 36, empty script 1, sequence 4. */
const MIN_INPUT_SIZE = 41
/** Least bytes of an output: amount 8, empty script 1. */
const MIN_OUTPUT_SIZE = 9
/** Least bytes of a transaction with an input: version, one input, no output, lock time. */
export const MIN_TRANSACTION_SIZE: number = 4 + 1 + MIN_INPUT_SIZE + 1 + 4

const TRANSACTION_FIELDS: readonly (keyof Transaction)[] = ['version', 'inputs', 'outputs', 'lockTime']
const EMPTY = new Uint8Array(0)
const NO_WITNESS: readonly Uint8Array[] = Object.freeze([])

interface Made {
  inputs?: readonly TransactionInput[]
  outputs?: readonly TransactionOutput[]
  txid?: Txid
  wtxid?: Wtxid
}

/**
 * A transaction over bytes that `readTransaction` has found to be well formed;
 * reading its fields cannot fail.
 */
export class DecodedTransaction implements Transaction {
  /** What the transaction was decoded from; it fills `start` to `end`. */
  readonly source: Uint8Array
  readonly start: number
  readonly end: number
  /** Where the outputs begin, at their count. */
  readonly outputsStart: number
  /** Where the witness begins, or the lock time when there is none. */
  readonly outputsEnd: number
  private made: Made | undefined

  static {
    giveTextForm(this.prototype, TRANSACTION_FIELDS)
  }

  constructor(source: Uint8Array, start: number, end: number, outputsStart: number, outputsEnd: number) {
    this.source = source
    this.start = start
    this.end = end
    this.outputsStart = outputsStart
    this.outputsEnd = outputsEnd
    this.made = undefined
  }

  get version(): number {
    return this.u32(this.start)
  }

  get lockTime(): number {
    return this.u32(this.end - 4)
  }

  get hasWitness(): boolean {
    return this.outputsEnd !== this.end - 4
  }

  get inputs(): readonly TransactionInput[] {
    return (this.cache.inputs ??= this.makeInputs())
  }

  get outputs(): readonly TransactionOutput[] {
    return (this.cache.outputs ??= this.makeOutputs())
  }

  /** Where the inputs begin, at their count. */
  get inputsStart(): number {
    return this.start + (this.hasWitness ? 6 : 4)
  }

  /** What has been computed once. */
  get cache(): Made {
    return (this.made ??= {})
  }

  private makeInputs(): readonly TransactionInput[] {
    const cursor = new Cursor(this.source, this.inputsStart)
    const witness = this.hasWitness ? new Cursor(this.source, this.outputsEnd) : undefined
    const count = cursor.size()
    const inputs = new Array<TransactionInput>(count)
    for (let i = 0; i < count; i++) {
      inputs[i] = {
        previousOutput: { txid: asTxid(cursor.view(32)), index: cursor.u32() },
        scriptSig: cursor.varBytes(),
        sequence: cursor.u32(),
        witness: witness === undefined ? NO_WITNESS : witness.stack(),
      }
    }
    return inputs
  }

  private makeOutputs(): readonly TransactionOutput[] {
    const cursor = new Cursor(this.source, this.outputsStart)
    const count = cursor.size()
    const outputs = new Array<TransactionOutput>(count)
    for (let i = 0; i < count; i++) outputs[i] = { value: cursor.i64(), scriptPubKey: cursor.varBytes() }
    return outputs
  }

  private u32(offset: number): number {
    const { source } = this
    return (
      (source[offset]! |
        (source[offset + 1]! << 8) |
        (source[offset + 2]! << 16) |
        (source[offset + 3]! << 24)) >>>
      0
    )
  }
}

/** Reads what has been checked before, so that it checks nothing. */
class Cursor {
  private readonly source: Uint8Array
  private readonly buffer: ArrayBufferLike
  private offset: number

  constructor(source: Uint8Array, offset: number) {
    this.source = source
    this.buffer = source.buffer
    this.offset = offset
  }

  u32(): number {
    const { source, offset } = this
    this.offset = offset + 4
    return (
      (source[offset]! |
        (source[offset + 1]! << 8) |
        (source[offset + 2]! << 16) |
        (source[offset + 3]! << 24)) >>>
      0
    )
  }

  /** Amounts below 2^53 need no arithmetic on bigints. */
  i64(): bigint {
    const low = this.u32()
    const high = this.u32()
    return high < 0x20_0000
      ? BigInt(high * 0x1_0000_0000 + low)
      : BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))
  }

  size(): number {
    const { source, offset } = this
    const first = source[offset]!
    if (first < 0xfd) {
      this.offset = offset + 1
      return first
    }
    this.offset = offset + (first === 0xfd ? 3 : 5)
    const low = source[offset + 1]! | (source[offset + 2]! << 8)
    return first === 0xfd ? low : low + (source[offset + 3]! | (source[offset + 4]! << 8)) * 0x1_0000
  }

  view(length: number): Uint8Array {
    const { offset } = this
    this.offset = offset + length
    return new Uint8Array(this.buffer, this.source.byteOffset + offset, length)
  }

  varBytes(): Uint8Array {
    const length = this.size()
    return length === 0 ? EMPTY : this.view(length)
  }

  stack(): readonly Uint8Array[] {
    const count = this.size()
    if (count === 0) return NO_WITNESS
    const items = new Array<Uint8Array>(count)
    for (let i = 0; i < count; i++) items[i] = this.varBytes()
    return items
  }
}

/**
 * A transaction from its bytes (BIP144; with or without witness). All of it is checked here; inputs and
 * outputs are made when they are first asked for, as views into `bytes`, which therefore must not change.
 * Bytes after the end are not looked at.
 * @throws DecodeError; TypeError for what is no bytes.
 * @example
 * const [coinbase] = genesisBlock(mainnet).transactions
 * decodeTransaction(encodeTransaction(coinbase!)).outputs.length // 1
 */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  requireBytes(bytes, 'decodeTransaction')
  return readTransaction(new ByteReader(bytes))
}

/**
 * Reads a transaction.
 * One without inputs is refused: on the wire it can only be the ten bytes of an empty one, which no block and
 * no mempool holds (`bad-txns-vin-empty`). `emptySeverity` is what it means where it was found.
 */
export function readTransaction(
  reader: ByteReader,
  emptySeverity: DecodeSeverity = 'drop',
): DecodedTransaction {
  const start = reader.offset
  const { source } = reader
  reader.need(MIN_TRANSACTION_START)
  const flagged = source[start + 4] === 0 && source[start + 5] !== 0
  if (flagged && source[start + 5] !== 1) {
    reader.fail('unknown-witness-flag', { value: source[start + 5]!, limit: 1, offset: start + 5 })
  }
  reader.offset = start + (flagged ? 6 : 4)
  const inputs = reader.count(MAX_INPUTS, MIN_INPUT_SIZE)
  if (inputs === 0) {
    const complete = !flagged && reader.remaining >= EMPTY_TRANSACTION_REST
    reader.fail('empty-transaction', { offset: start, severity: complete ? emptySeverity : 'drop' })
  }
  for (let i = 0; i < inputs; i++) {
    reader.skip(36)
    reader.skipVarBytes()
    reader.skip(4)
  }
  const outputsStart = reader.offset
  const outputs = reader.count(MAX_OUTPUTS, MIN_OUTPUT_SIZE)
  for (let i = 0; i < outputs; i++) {
    reader.skip(8)
    reader.skipVarBytes()
  }
  const outputsEnd = reader.offset
  if (flagged) skipWitness(reader, inputs)
  reader.skip(4)
  return new DecodedTransaction(source, start, reader.offset, outputsStart, outputsEnd)
}

/** Version, marker or count of inputs, and one byte more: what has to be there to tell which. */
const MIN_TRANSACTION_START = 6
/** What follows the count of no inputs: a count of no outputs, and the lock time. */
const EMPTY_TRANSACTION_REST = 5
/** No message holds more: the bytes are checked with the count. */
const MAX_INPUTS = Math.floor(4_000_000 / MIN_INPUT_SIZE)
const MAX_OUTPUTS = Math.floor(4_000_000 / MIN_OUTPUT_SIZE)

function skipWitness(reader: ByteReader, inputs: number): void {
  const start = reader.offset
  let items = 0
  for (let i = 0; i < inputs; i++) {
    const count = reader.count(MAX_WITNESS_ITEMS, 1)
    items += count
    for (let j = 0; j < count; j++) reader.skipVarBytes()
  }
  if (items === 0) reader.fail('superfluous-witness', { offset: start })
}

const MAX_WITNESS_ITEMS = 4_000_000

import {
  asBlockHash,
  asHash256,
  ByteReader,
  ByteWriter,
  bytesEqual,
  bytesToHex,
  concatBytes,
  decodeTransaction,
  encodeTransaction,
  isDecodeError,
  type Network,
  type OutPoint,
  sha256,
  type Transaction,
  type Txid,
  txid,
} from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { type FilterPosition, type KeyValueNamespace, type KeyValueOperation, NodeError } from '../index.ts'
import { checkStoreFormat, FORMAT_KEY } from '../store/store-format.ts'
import type { TransactionChange } from './watch-ledger.ts'
import type { WatchedPayment, WatchedSpend, WatchedTransaction } from './watched-transaction.ts'

/** Increased when what is stored changes its form. */
const FORMAT = 1
const PLACE_KEY = 'place'
const SCRIPT_PREFIX = 'script/'
const LOOKBACK_PREFIX = 'lookback/'
const TRANSACTION_PREFIX = 'transaction/'
const OWN_PREFIX = 'own/'
const CHECKSUM_SIZE = 4

/** Where a watcher stands. */
export interface WatchPlace {
  /** The first height that anything is watched from. */
  readonly start: number
  /** The last block that has been looked at; undefined before the first. */
  readonly position: FilterPosition | undefined
}

/** Blocks of before that are still to be looked at for some scripts. */
export interface Lookback {
  readonly id: number
  readonly scripts: readonly Uint8Array[]
  /** The first height, or the last block that has been looked at for them. */
  readonly from: number | FilterPosition
}

/** A script, and the first height whose blocks are looked at for it. */
export interface WatchedScript {
  readonly script: Uint8Array
  readonly from: number
}

/** A transaction that was given to the watcher to be broadcast. */
export interface OwnTransaction {
  readonly transaction: Transaction
  /** Satoshi per 1,000 virtual bytes. */
  readonly feeRate?: bigint
}

/** All that a watcher keeps. */
export interface KeptWatch {
  readonly place: WatchPlace | undefined
  readonly scripts: readonly WatchedScript[]
  readonly lookbacks: readonly Lookback[]
  readonly entries: readonly WatchedTransaction[]
  readonly own: readonly OwnTransaction[]
}

/**
 * What a watcher keeps, in one namespace, so that all that a block changes goes in one batch with its place.
 */
export class WatchStore {
  readonly #space: KeyValueNamespace
  readonly #network: Network

  constructor(space: KeyValueNamespace, network: Network) {
    this.#space = space
    this.#network = network
  }

  /** @throws NodeError `store-corrupt`; `store-foreign` for another network's or a later version's. */
  async load(): Promise<KeptWatch> {
    await checkStoreFormat(this.#space, { format: FORMAT, network: this.#network })
    const scripts: WatchedScript[] = []
    const waiting = new Map<number, Uint8Array[]>()
    const starts = new Map<number, number | FilterPosition>()
    const entries: WatchedTransaction[] = []
    const own: OwnTransaction[] = []
    let place: WatchPlace | undefined
    for await (const [key, value] of this.#space.entries()) {
      if (key === FORMAT_KEY) continue
      const reader = readChecked(key, value)
      if (key === PLACE_KEY) place = within(key, () => readPlace(reader))
      else if (key.startsWith(SCRIPT_PREFIX)) {
        const { id, from, script } = within(key, () => ({
          id: reader.u32(),
          from: reader.u32(),
          script: reader.rest(),
        }))
        scripts.push({ script, from })
        const others = waiting.get(id)
        if (others === undefined) waiting.set(id, [script])
        else others.push(script)
      } else if (key.startsWith(LOOKBACK_PREFIX))
        starts.set(
          Number(key.slice(LOOKBACK_PREFIX.length)),
          within(key, () => readStart(reader)),
        )
      else if (key.startsWith(TRANSACTION_PREFIX)) entries.push(within(key, () => readEntry(reader)))
      else if (key.startsWith(OWN_PREFIX)) own.push(within(key, () => readOwn(reader)))
    }
    const lookbacks = [...starts].map(([id, from]) => ({ id, from, scripts: waiting.get(id) ?? [] }))
    return { place, scripts, lookbacks, entries, own }
  }

  /** At once or not at all. */
  write(operations: readonly KeyValueOperation[]): Promise<void> {
    return this.#space.batch(operations)
  }
}

export function placeOperation({ start, position }: WatchPlace): KeyValueOperation {
  const writer = new ByteWriter().u32(start).u8(position === undefined ? 0 : 1)
  if (position !== undefined) appendPosition(writer, position)
  return put(PLACE_KEY, writer)
}

/** @param lookback 0 for a script that has been looked for in all blocks of before. */
export function scriptOperation({ script, from }: WatchedScript, lookback: number): KeyValueOperation {
  return put(scriptKey(script), new ByteWriter().u32(lookback).u32(from).bytes(script))
}

export function noScriptOperation(script: Uint8Array): KeyValueOperation {
  return { type: 'delete', key: scriptKey(script) }
}

export function lookbackOperation({ id, from }: Pick<Lookback, 'id' | 'from'>): KeyValueOperation {
  const writer = new ByteWriter().u8(typeof from === 'number' ? 0 : 1)
  if (typeof from === 'number') writer.u32(from)
  else appendPosition(writer, from)
  return put(`${LOOKBACK_PREFIX}${id}`, writer)
}

export function noLookbackOperation(id: number): KeyValueOperation {
  return { type: 'delete', key: `${LOOKBACK_PREFIX}${id}` }
}

/** @param key The hex of the txid. */
export function changeOperation(key: string, change: TransactionChange): KeyValueOperation {
  const at = `${TRANSACTION_PREFIX}${key}`
  return 'entry' in change
    ? put(at, appendEntry(new ByteWriter(), change.entry))
    : { type: 'delete', key: at }
}

export function ownOperation({ transaction, feeRate }: OwnTransaction): KeyValueOperation {
  const writer = new ByteWriter().u8(feeRate === undefined ? 0 : 1).u64(feeRate ?? 0n)
  return put(ownKey(txid(transaction)), writer.bytes(encodeTransaction(transaction)))
}

export function noOwnOperation(id: Txid): KeyValueOperation {
  return { type: 'delete', key: ownKey(id) }
}

const ownKey = (id: Txid): string => `${OWN_PREFIX}${bytesToHex(id)}`

/** Scripts may be longer than a key should be. */
const scriptKey = (script: Uint8Array): string => `${SCRIPT_PREFIX}${bytesToHex(sha256(script))}`

function put(key: string, writer: ByteWriter): KeyValueOperation {
  const content = writer.finish()
  return { type: 'put', key, value: concatBytes(checksum(content), content) }
}

function readChecked(key: string, value: Uint8Array): ByteReader {
  const content = value.slice(CHECKSUM_SIZE)
  if (!bytesEqual(value.subarray(0, CHECKSUM_SIZE), checksum(content))) throw corrupt(key)
  return new ByteReader(content)
}

function within<T>(key: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (isDecodeError(error)) throw corrupt(key)
    throw error
  }
}

function corrupt(key: string): NodeError {
  return new NodeError('store-corrupt', 'What a watcher has kept does not read back.', { detail: key })
}

function checksum(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECKSUM_SIZE)
}

function readPlace(reader: ByteReader): WatchPlace {
  const start = reader.u32()
  return { start, position: reader.u8() === 0 ? undefined : readPosition(reader) }
}

function readStart(reader: ByteReader): number | FilterPosition {
  return reader.u8() === 0 ? reader.u32() : readPosition(reader)
}

function appendPosition(writer: ByteWriter, { height, hash, filterHeader }: FilterPosition): ByteWriter {
  writer
    .u32(height)
    .hash(hash)
    .u8(filterHeader === undefined ? 0 : 1)
  return filterHeader === undefined ? writer : writer.hash(filterHeader)
}

function readPosition(reader: ByteReader): FilterPosition {
  const height = reader.u32()
  const hash = asBlockHash(reader.view(32).slice())
  return reader.u8() === 0
    ? { height, hash }
    : { height, hash, filterHeader: asHash256(reader.view(32).slice()) }
}

function appendEntry(writer: ByteWriter, entry: WatchedTransaction): ByteWriter {
  const { block, payments, spends, inputs } = entry
  writer.hash(entry.txid)
  writer.u8((block === undefined ? 0 : 1) | (entry.isCoinbase ? 2 : 0) | (entry.isOwn ? 4 : 0))
  if (block !== undefined) writer.u32(block.height).hash(block.hash)
  writer.u48(entry.since).compactSize(inputs.length)
  for (const outPoint of inputs) appendOutPoint(writer, outPoint)
  writer.compactSize(payments.length)
  for (const payment of payments) appendPayment(writer, payment)
  writer.compactSize(spends.length)
  for (const { input, value, scriptPubKey } of spends)
    appendPayment(writer, { index: input, value, scriptPubKey })
  return writer
}

function readEntry(reader: ByteReader): WatchedTransaction {
  const id = reader.view(32).slice() as Txid
  const flags = reader.u8()
  const block =
    (flags & 1) === 0 ? undefined : { height: reader.u32(), hash: asBlockHash(reader.view(32).slice()) }
  const since = reader.u48() as WallTime
  const inputs = listOf(reader, readOutPoint)
  const payments = listOf(reader, readPayment)
  const spends = listOf(reader, readPayment).map(({ index, value, scriptPubKey }): WatchedSpend => {
    const outPoint = inputs[index]
    if (outPoint === undefined) throw corrupt(bytesToHex(id))
    return { input: index, outPoint, value, scriptPubKey }
  })
  return {
    txid: id,
    ...(block !== undefined && { block }),
    isCoinbase: (flags & 2) !== 0,
    isOwn: (flags & 4) !== 0,
    since,
    inputs,
    payments,
    spends,
  }
}

function listOf<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  return Array.from({ length: reader.compactSize() }, () => read(reader))
}

function appendOutPoint(writer: ByteWriter, { txid: id, index }: OutPoint): void {
  writer.hash(id).u32(index)
}

function readOutPoint(reader: ByteReader): OutPoint {
  return { txid: reader.view(32).slice() as Txid, index: reader.u32() }
}

function appendPayment(writer: ByteWriter, { index, value, scriptPubKey }: WatchedPayment): void {
  writer.u32(index).u64(value).varBytes(scriptPubKey)
}

function readPayment(reader: ByteReader): WatchedPayment {
  return { index: reader.u32(), value: reader.u64(), scriptPubKey: reader.varBytes().slice() }
}

function readOwn(reader: ByteReader): OwnTransaction {
  const hasFeeRate = reader.u8() === 1
  const written = reader.u64()
  const feeRate = hasFeeRate ? written : undefined
  return { transaction: decodeTransaction(reader.rest()), ...(feeRate !== undefined && { feeRate }) }
}

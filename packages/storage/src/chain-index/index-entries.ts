import {
  asBlockHash,
  asHash256,
  type BlockHash,
  ByteReader,
  ByteWriter,
  bytesToHex,
  type Hash256,
  type OutPoint,
  type Txid,
} from '@sapwood/wire-codec'
import { type BlockRef, NodeError } from '@sapwood/node'
import type { SpentOutput } from '@sapwood/utreexo'

/** Height, hash, and hash of the genesis block. */
export const MARK = 'm'

const hex8 = (value: number): string => value.toString(16).padStart(8, '0')
/** An unspent output. */
export const outputKey = ({ txid, index }: OutPoint): string => `u${bytesToHex(txid)}${hex8(index)}`
/** Who spent an output. */
export const spendKey = ({ txid, index }: OutPoint): string => `s${bytesToHex(txid)}${hex8(index)}`
/** Where a transaction is. */
export const transactionKey = (txid: Txid): string => `t${bytesToHex(txid)}`
/** What takes a block back. */
export const undoKey = (height: number): string => `r${hex8(height)}`
/** The filter of a block. */
export const filterKey = (height: number): string => `f${hex8(height)}`
/** What follows from the filter of a block, for who asks for many. */
export const filterHeaderKey = (height: number): string => `h${hex8(height)}`

/** A transaction's place in the chain. */
export interface TransactionPlace {
  readonly height: number
  /** In its block. */
  readonly index: number
}

/** What is kept of a filter beside its bytes. */
export interface FilterEntry {
  readonly blockHash: BlockHash
  readonly filterHash: Hash256
  /** BIP157: of the chain of filters up to here. */
  readonly header: Hash256
}

/** What takes a block back. */
export interface IndexUndo {
  /** The block before it. */
  readonly previous: BlockHash
  readonly spent: readonly SpentCoin[]
  readonly transactions: readonly { readonly txid: Txid; readonly outputs: number }[]
}

/** An output that a block of before had made. */
export interface SpentCoin {
  readonly outPoint: OutPoint
  readonly coin: SpentOutput
}

/** Of each kind of entry, by the first letter of its key. */
const KINDS: Readonly<Record<string, string>> = {
  m: 'mark',
  u: 'output',
  s: 'spender',
  t: 'transaction',
  r: 'undo',
  h: 'filter header',
}

/**
 * What an entry says.
 * @throws NodeError `store-corrupt`, with the kind of the entry as its detail, where it does not read back.
 */
export function readEntry<T>(key: string, bytes: Uint8Array, read: (bytes: Uint8Array) => T): T {
  try {
    return read(bytes)
  } catch (cause) {
    const detail = KINDS[key[0]!] ?? key
    throw new NodeError('store-corrupt', `The index does not read back: an entry of ${detail}.`, {
      detail,
      cause,
    })
  }
}

export function writeMark({ height, hash }: BlockRef, genesis: BlockHash): Uint8Array {
  return new ByteWriter(68).u32(height).hash(hash).hash(genesis).finish()
}

export function readMark(bytes: Uint8Array): { readonly tip: BlockRef; readonly genesis: BlockHash } {
  const reader = new ByteReader(bytes)
  const height = reader.u32()
  return { tip: { height, hash: reader.blockHash() }, genesis: reader.blockHash() }
}

export function writeCoin(coin: SpentOutput): Uint8Array {
  return appendCoin(new ByteWriter(), coin).finish()
}

export function readCoin(bytes: Uint8Array): SpentOutput {
  return takeCoin(new ByteReader(bytes))
}

export function writePlace({ height, index }: TransactionPlace): Uint8Array {
  return new ByteWriter(8).u32(height).u32(index).finish()
}

export function readPlace(bytes: Uint8Array): TransactionPlace {
  const reader = new ByteReader(bytes)
  return { height: reader.u32(), index: reader.u32() }
}

export function writeFilterEntry({ blockHash, filterHash, header }: FilterEntry): Uint8Array {
  return new ByteWriter(96).hash(blockHash).hash(filterHash).hash(header).finish()
}

export function readFilterEntry(bytes: Uint8Array): FilterEntry {
  return {
    blockHash: asBlockHash(bytes.slice(0, 32)),
    filterHash: asHash256(bytes.slice(32, 64)),
    header: asHash256(bytes.slice(64, 96)),
  }
}

export function writeUndo({ previous, spent, transactions }: IndexUndo): Uint8Array {
  const writer = new ByteWriter().hash(previous).compactSize(spent.length)
  for (const { outPoint, coin } of spent) appendCoin(writer.hash(outPoint.txid).u32(outPoint.index), coin)
  writer.compactSize(transactions.length)
  for (const { txid, outputs } of transactions) writer.hash(txid).compactSize(outputs)
  return writer.finish()
}

export function readUndo(bytes: Uint8Array): IndexUndo {
  const reader = new ByteReader(bytes)
  const previous = reader.blockHash()
  const spent: SpentCoin[] = []
  for (let left = reader.compactSize(); left > 0; left--)
    spent.push({ outPoint: { txid: reader.txid(), index: reader.u32() }, coin: takeCoin(reader) })
  const transactions: { txid: Txid; outputs: number }[] = []
  for (let left = reader.compactSize(); left > 0; left--)
    transactions.push({ txid: reader.txid(), outputs: reader.compactSize() })
  return { previous, spent, transactions }
}

function appendCoin(writer: ByteWriter, { height, coinbase, amount, scriptPubKey }: SpentOutput): ByteWriter {
  return writer
    .u32(2 * height + (coinbase ? 1 : 0))
    .u64(amount)
    .varBytes(scriptPubKey)
}

function takeCoin(reader: ByteReader): SpentOutput {
  const made = reader.u32()
  return {
    height: made >>> 1,
    coinbase: (made & 1) === 1,
    amount: reader.u64(),
    scriptPubKey: reader.varBytes().slice(),
  }
}

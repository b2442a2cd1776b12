import type { BlockRef, ChainAccess, DeliveredBlock, HeardTransaction } from '@sapwood/node'
import {
  blockBytes,
  concatBytes,
  encodeHeader,
  encodeTransaction,
  hashToHex,
  MAX_HEADERS_RESULTS,
} from '@sapwood/wire-codec'
import type { RecordContent } from './published-message.ts'

/**
 * Headers of the best chain from a height on, as many as the network sends at once; undefined where there are
 * none.
 */
export function headersRecord(
  chain: ChainAccess,
  from: number,
): { readonly record: RecordContent; readonly end: BlockRef } | undefined {
  const count = Math.min(chain.tip().height - from + 1, MAX_HEADERS_RESULTS)
  if (count <= 0) return undefined
  const headers = Array.from({ length: count }, (_, index) => encodeHeader(chain.headerAt(from + index)!))
  const end = { height: from + count - 1, hash: chain.hashAt(from + count - 1)! }
  const facts = { Height: String(from), Count: String(count), Hash: hashToHex(end.hash) }
  return { record: { kind: 'headers', facts, payload: concatBytes(...headers) }, end }
}

/** A block, in the bytes that it came in. */
export function blockRecord({ height, hash, block }: DeliveredBlock): RecordContent {
  const facts = { Height: String(height), Hash: hashToHex(hash) }
  return { kind: 'block', facts, payload: blockBytes(block) }
}

/** What has left the best chain, each block by its height and its hash. */
export function undoneRecord(
  chain: 'headers' | 'blocks',
  { fork, undone }: { readonly fork: BlockRef; readonly undone: readonly BlockRef[] },
): RecordContent {
  const facts = { Height: String(fork.height), Hash: hashToHex(fork.hash), Count: String(undone.length) }
  return { kind: `${chain}.undone`, facts, payload: json({ fork: named(fork), undone: undone.map(named) }) }
}

/** A transaction that was heard. */
export function transactionRecord({ transaction, txid, wtxid, at }: HeardTransaction): RecordContent {
  const facts = { Txid: hashToHex(txid), Wtxid: hashToHex(wtxid), Time: String(at) }
  return { kind: 'transaction', facts, payload: encodeTransaction(transaction) }
}

/** What happened to a connection or a host: `event`, `time` and facts. */
export function peerRecord(event: string, time: number, facts: object): RecordContent {
  return { kind: 'peer', facts: { Event: event }, payload: json({ event, time, ...facts }) }
}

function named({ height, hash }: BlockRef): { readonly height: number; readonly hash: string } {
  return { height, hash: hashToHex(hash) }
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

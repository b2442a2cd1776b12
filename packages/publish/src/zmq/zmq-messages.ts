/**
 * What Bitcoin Core publishes over ZMQ, and in which order: topics, bodies and counters.
 * https://github.com/bitcoin/bitcoin/blob/master/doc/zmq.md
 * @module
 */

import type { BlockRef } from '@sapwood/node'
import {
  type Block,
  blockBytes,
  encodeTransaction,
  type Hash256,
  hexToBytes,
  hashToHex,
  type Transaction,
  txid,
} from '@sapwood/wire-codec'

/** The topics, in the order in which Core tells them of one event. */
export const ZMQ_TOPICS = ['hashblock', 'hashtx', 'rawblock', 'rawtx', 'sequence'] as const
/** One of {@link ZMQ_TOPICS}. */
export type ZmqTopic = (typeof ZMQ_TOPICS)[number]

/** The body of a message, and what it is of. */
export interface ZmqMessage {
  readonly topic: ZmqTopic
  readonly body: Uint8Array
}

/** What of the `sequence` topic stands behind the hash. */
const CONNECTED = 0x43
const DISCONNECTED = 0x44
const ADDED = 0x41

/** A transaction that was heard or is in a block. */
function ofTransaction(transaction: Transaction, id: Hash256): readonly ZmqMessage[] {
  return [
    { topic: 'hashtx', body: asRead(id) },
    { topic: 'rawtx', body: encodeTransaction(transaction) },
  ]
}

/** A transaction that was heard. @param mempoolSequence Core's count of what comes and goes. */
export function ofHeardTransaction(
  transaction: Transaction,
  id: Hash256,
  mempoolSequence: bigint,
): readonly ZmqMessage[] {
  const body = new Uint8Array(41)
  body.set(asRead(id))
  body[32] = ADDED
  new DataView(body.buffer).setBigUint64(33, mempoolSequence, true)
  return [...ofTransaction(transaction, id), { topic: 'sequence', body }]
}

/** A block that is in the best chain now. */
export function ofConnectedBlock(block: Block, hash: Hash256): Iterable<ZmqMessage> {
  return ofBlock(block, hash, CONNECTED)
}

/** A block that is not in the best chain any more; its transactions are left out where it cannot be had. */
export function ofDisconnectedBlock(block: Block | undefined, hash: Hash256): Iterable<ZmqMessage> {
  return ofBlock(block, hash, DISCONNECTED)
}

function* ofBlock(
  block: Block | undefined,
  hash: Hash256,
  change: number,
): Generator<ZmqMessage, void, undefined> {
  for (const transaction of block?.transactions ?? []) yield* ofTransaction(transaction, txid(transaction))
  const body = new Uint8Array(33)
  body.set(asRead(hash))
  body[32] = change
  yield { topic: 'sequence', body }
}

/** A block that is the end of the best chain. */
export function ofTip(block: Block, { hash }: Pick<BlockRef, 'hash'>): readonly ZmqMessage[] {
  return [
    { topic: 'hashblock', body: asRead(hash) },
    { topic: 'rawblock', body: blockBytes(block) },
  ]
}

/** A hash in the order of bytes in which people read it, as Core has it here and nowhere else. */
function asRead(hash: Hash256): Uint8Array {
  return hexToBytes(hashToHex(hash))
}

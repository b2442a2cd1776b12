import { createHash, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  decodeBlock,
  encodeBlock,
  encodeTransaction,
  txid,
  type Block,
  type Transaction,
} from '@sapwood/wire-codec'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { bcoin, bitcoinjs, scure, type ScureTx } from './peers.ts'
import { touch } from './touch-block.ts'

const VECTORS = join(import.meta.dirname, '../../test/vectors')
const FILES = { 413567: 'core-block413567.raw', 928816: 'block928816.raw' }

function touchBitcoinjs(block: ReturnType<typeof bitcoinjs.Block.fromBuffer>): number {
  let sum = block.timestamp
  for (const tx of block.transactions!) {
    sum += tx.version + tx.locktime
    for (const { index, hash, script, sequence, witness } of tx.ins) {
      sum += index + hash[0]! + script.length + sequence
      for (const item of witness) sum += item.length
    }
    for (const { value, script } of tx.outs) sum += Number(value) + script.length
  }
  return sum
}

function touchBcoin(block: ReturnType<typeof bcoin.Block.fromRaw>): number {
  let sum = 0
  for (const tx of block.txs) {
    sum += tx.locktime
    for (const { prevout, script, sequence, witness } of tx.inputs) {
      sum += prevout.index + prevout.hash[0]! + script.raw.length + sequence
      for (const item of witness.items) sum += item.length
    }
    for (const { value, script } of tx.outputs) sum += value + script.raw.length
  }
  return sum
}

function touchScure(list: readonly ScureTx[]): number {
  let sum = 0
  for (const tx of list) {
    sum += tx.version + tx.lockTime
    for (const { txid: id, index, finalScriptSig, sequence } of tx.inputs) {
      sum += index + id[0]! + finalScriptSig.length + sequence
    }
    for (const items of tx.witnesses ?? []) for (const item of items) sum += item.length
    for (const { amount, script } of tx.outputs) sum += Number(amount) + script.length
  }
  return sum
}

/** The same block as plain objects, as one would build it. */
function rebuilt({ header, transactions }: Block): Block {
  const plain = (tx: Transaction): Transaction => ({
    version: tx.version,
    inputs: tx.inputs,
    outputs: tx.outputs,
    lockTime: tx.lockTime,
  })
  return { header, transactions: transactions.map(plain) }
}

function sha256dOnce(bytes: Uint8Array): Uint8Array {
  return hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer')
}

function sha256dByObjects(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}

async function bench(emit: Emit): Promise<void> {
  for (const [height, file] of Object.entries(FILES)) {
    const buffer = readFileSync(join(VECTORS, file))
    const bytes = new Uint8Array(buffer)
    const megabytes = (seconds: number): number => bytes.length / 1e6 / seconds
    const speed = { unit: 'MB/s', better: 'higher', toFigure: megabytes } as const

    await compare(
      {
        ...speed,
        name: `decode-block-${height}`,
        ours: { name: 'sapwood', run: () => decodeBlock(bytes) },
        references: [
          { name: 'bitcoinjs-lib', run: () => bitcoinjs.Block.fromBuffer(bytes) },
          { name: '@scure/btc-signer', run: () => scure.decodeTransactions(bytes) },
          { name: 'bcoin', run: () => bcoin.Block.fromRaw(buffer) },
        ],
      },
      emit,
    )
    await compare(
      {
        ...speed,
        name: `decode-block-every-field-${height}`,
        ours: { name: 'sapwood', run: () => touch(decodeBlock(bytes)) },
        references: [
          { name: 'bitcoinjs-lib', run: () => touchBitcoinjs(bitcoinjs.Block.fromBuffer(bytes)) },
          { name: '@scure/btc-signer', run: () => touchScure(scure.decodeTransactions(bytes)) },
          { name: 'bcoin', run: () => touchBcoin(bcoin.Block.fromRaw(buffer)) },
        ],
      },
      emit,
    )

    const stripped = decodeBlock(bytes).transactions.map((tx) => encodeTransaction(tx, { witness: false }))
    await compare(
      {
        ...speed,
        name: `decode-block-txids-${height}`,
        ours: { name: 'sapwood', run: () => decodeBlock(bytes).transactions.map(txid) },
        references: [
          {
            name: 'bitcoinjs-lib',
            run: () => bitcoinjs.Block.fromBuffer(bytes).transactions!.map((tx) => tx.getHash()),
          },
          {
            name: '@scure/btc-signer',
            run: () =>
              scure.decodeTransactions(bytes).map((tx) => sha256dOnce(scure.encodeWithoutWitness(tx))),
          },
          { name: 'bcoin', run: () => bcoin.Block.fromRaw(buffer).txs.map((tx) => tx.hash()) },
          { name: 'txid-floor (crypto.hash)', run: () => stripped.map(sha256dOnce) },
          { name: 'txid-floor (createHash)', run: () => stripped.map(sha256dByObjects) },
        ],
      },
      emit,
    )

    const ours = decodeBlock(bytes)
    const plain = rebuilt(ours)
    const theirs = bitcoinjs.Block.fromBuffer(bytes)
    const scures = scure.decodeTransactions(bytes)
    const bcoins = bcoin.Block.fromRaw(buffer)
    const references = [
      { name: 'bitcoinjs-lib', run: () => theirs.toBuffer() },
      { name: '@scure/btc-signer', run: () => scure.encodeTransactions(scures) },
      {
        // Otherwise it hands out the very bytes that it decoded, and encodes nothing.
        name: 'bcoin (not cached)',
        run: () => {
          bcoins.refresh(true)
          return bcoins.toRaw()
        },
      },
    ]
    const encode = { ...speed, references }
    await compare(
      { ...encode, name: `encode-block-${height}`, ours: { name: 'sapwood', run: () => encodeBlock(ours) } },
      emit,
    )
    await compare(
      {
        ...encode,
        name: `encode-block-from-fields-${height}`,
        ours: { name: 'sapwood', run: () => encodeBlock(plain) },
      },
      emit,
    )
  }
}

export default bench

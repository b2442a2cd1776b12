import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeBlock, type Block } from '@sapwood/wire-codec'
import { figure, median, type Emit } from '../../../../tools/bench/measure.ts'
import { bcoin, bitcoinjs, scure } from './peers.ts'

const VECTORS = join(import.meta.dirname, '../../test/vectors')
const FILES = { 413567: 'core-block413567.raw', 928816: 'block928816.raw' }
const ROUNDS = 9

let kept: unknown

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/**
 * The block's own bytes and what decoding them left in memory before anything was collected,
 * as a multiple of those bytes.
 */
function multiple(size: number, run: () => unknown): number {
  run()
  const samples = Array.from({ length: ROUNDS }, () => {
    kept = undefined
    globalThis.gc?.()
    const before = memory()
    kept = run()
    return (size + Math.max(0, memory() - before)) / size
  })
  return median(samples)
}

/** Makes everything of a block that can be made. */
function materialised(block: Block): Block {
  for (const { inputs, outputs } of block.transactions)
    if (inputs.length + outputs.length < 0) throw new Error('never')
  return block
}

async function bench(emit: Emit): Promise<void> {
  for (const [height, file] of Object.entries(FILES)) {
    const buffer = readFileSync(join(VECTORS, file))
    const bytes = new Uint8Array(buffer)
    const size = bytes.length
    const theirs: readonly (readonly [string, () => unknown])[] = [
      ['bitcoinjs-lib', () => bitcoinjs.Block.fromBuffer(bytes)],
      ['@scure/btc-signer', () => scure.decodeTransactions(bytes)],
      ['bcoin', () => bcoin.Block.fromRaw(buffer)],
    ]
    const ours: readonly (readonly [string, () => unknown])[] = [
      ['decode-block-memory', () => decodeBlock(bytes)],
      ['decode-block-memory-every-field', () => materialised(decodeBlock(bytes))],
    ]
    for (const [name, run] of ours) {
      for (const [referenceName, reference] of theirs) {
        emit(
          figure({
            name: `${name}-${height}`,
            unit: 'x block',
            better: 'lower',
            ours: multiple(size, run),
            reference: multiple(size, reference),
            referenceName,
          }),
        )
      }
    }
  }
  if (kept === undefined) throw new Error('nothing was decoded')
}

export default bench

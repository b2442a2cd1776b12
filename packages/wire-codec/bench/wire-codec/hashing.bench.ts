import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  asTxid,
  blockHashes,
  blockMerkleRoot,
  checkWitnessCommitment,
  decodeBlock,
  encodeBlock,
  type Hash256,
  merkleRoot,
  regtest,
  type Sha256Backend,
  sha256Backend,
  type Transaction,
  useSha256Backend,
} from '@sapwood/wire-codec'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'
import { runtimeSha256 as noble } from '../../src/crypto/crypto.ts'
import { runtimeSha256 as node } from '../../src/crypto/crypto.node.ts'
import { oneByOne } from '../../src/crypto/one-by-one.ts'

const VECTORS = join(import.meta.dirname, '../../test/vectors')
const HEADERS = 2_000
const LEAVES = 4_000
const SMALL_TRANSACTIONS = 4_000

/** A SegWit transaction of one input and one or two outputs, as wallets make them: 130 to 300 bytes. */
function smallTransaction(index: number): Transaction {
  const output = { value: BigInt(index), scriptPubKey: new Uint8Array(22).fill(index) }
  return {
    version: 2,
    inputs: [
      {
        previousOutput: { txid: asTxid(new Uint8Array(32).fill(index + 1)), index },
        scriptSig: new Uint8Array(0),
        sequence: 0,
        witness: index % 2 === 0 ? [new Uint8Array(64)] : [new Uint8Array(72), new Uint8Array(33)],
      },
    ],
    outputs: index % 2 === 0 ? [output] : [output, output],
    lockTime: index,
  }
}

function blocks(): Record<string, Uint8Array> {
  const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(VECTORS, name)))
  const transactions = Array.from({ length: SMALL_TRANSACTIONS }, (_, index) => smallTransaction(index))
  return {
    '413567': file('core-block413567.raw'),
    '928816': file('block928816.raw'),
    'small-segwit': encodeBlock({ header: regtest.genesis, transactions }),
  }
}

/** Does `run` with `backend` in force. */
function by(backend: Sha256Backend, run: () => unknown): () => unknown {
  return () => {
    const before = sha256Backend()
    useSha256Backend(backend)
    const result = run()
    useSha256Backend(before)
    return result
  }
}

export default async function bench(emit: Emit): Promise<void> {
  const ours = sha256Backend()
  const others = (run: () => unknown): { name: string; run: () => unknown }[] => [
    { name: 'node:crypto, one by one', run: by(oneByOne(node), run) },
    { name: 'noble, one by one', run: by(oneByOne(noble), run) },
  ]
  for (const [name, bytes] of Object.entries(blocks())) {
    const run = (): unknown => {
      const block = decodeBlock(bytes)
      return [blockMerkleRoot(block), checkWitnessCommitment(block)]
    }
    await compare(
      {
        name: `block-check-${name}`,
        unit: 'MB/s',
        better: 'higher',
        toFigure: (seconds) => bytes.length / 1e6 / seconds,
        ours: { name: ours.name, run },
        references: others(run),
      },
      emit,
    )
  }
  const leaves = Array.from(
    { length: LEAVES },
    (_, i): Hash256 => new Uint8Array(32).fill(i).fill(i >> 8, 16),
  )
  const merkle = (): unknown => merkleRoot(leaves)
  const perSecond = { unit: '1/s', better: 'higher' } as const
  await compare(
    {
      name: 'merkle',
      ...perSecond,
      toFigure: (seconds) => LEAVES / seconds,
      ours: { name: ours.name, run: merkle },
      references: others(merkle),
    },
    emit,
  )
  const headers = Array.from({ length: HEADERS }, (_, nonce) => ({ ...regtest.genesis, nonce }))
  const hashed = (): unknown => blockHashes(headers)
  await compare(
    {
      name: 'headers-hash',
      ...perSecond,
      toFigure: (seconds) => HEADERS / seconds,
      ours: { name: ours.name, run: hashed },
      references: others(hashed),
    },
    emit,
  )
}

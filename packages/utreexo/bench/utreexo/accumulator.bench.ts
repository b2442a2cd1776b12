import { createHash, hash } from 'node:crypto'
import { asBlockHash, asTxid } from '@sapwood/wire-codec'
import { Forest, leafHash } from '@sapwood/utreexo'
import { fallbackHashes as node } from '../../src/crypto/crypto.node.ts'
import { fallbackHashes as noble } from '../../src/crypto/crypto.ts'
import { hashes, useHashes } from '../../src/crypto/hash-backend.ts'
import type { Hashes } from '../../src/crypto/hashes.ts'
import { compare, type Emit, figure } from '../../../../tools/bench/measure.ts'
import { heldBytes } from '../../../../tools/bench/held-bytes.ts'

const LEAVES = 2 ** 20
const TARGETS = 7_000

const leaf = (index: number): Uint8Array =>
  new Uint8Array(createHash('sha256').update(`leaf ${index}`).digest())

/** The same random targets in every run. */
function pick(leaves: readonly Uint8Array[]): Uint8Array[] {
  const chosen = new Set<number>()
  let state = 12_345
  while (chosen.size < TARGETS) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    chosen.add(state % leaves.length)
  }
  return [...chosen].map((index) => leaves[index]!)
}

/** The same number of bare hashes by whatever hashes for us, all at once. */
function ownHashes(count: number): () => void {
  const pairs = new Uint8Array(count * 64).fill(1)
  const target = new Uint8Array(count * 32)
  return () => hashes().hashPairs(pairs, count, target, 0)
}

/** As many bare hashes of 64 bytes as the walk cannot avoid. */
function bareHashes(count: number): () => number {
  const pair = new Uint8Array(64)
  return () => {
    let sum = 0
    for (let i = 0; i < count; i++) {
      pair[0] = i
      sum += hash('sha512-256', pair, 'binary').charCodeAt(0)
    }
    return sum
  }
}

/** Nodes that a walk from these leaves to the top makes. */
function nodesAbove(targets: BigUint64Array): number {
  let row = new Set([...targets].map(Number))
  let count = 0
  for (let height = 0; height < Math.log2(LEAVES); height++) {
    row = new Set([...row].map((offset) => offset >>> 1))
    count += row.size
  }
  return count
}

export default async function bench(emit: Emit): Promise<void> {
  const leaves = Array.from({ length: LEAVES }, (_, index) => leaf(index))
  const before = await heldBytes()
  const forest = new Forest()
  forest.modify([], leaves)
  const held = (await heldBytes()) - before
  emit(figure({ name: 'forest-memory', unit: 'B/leaf', better: 'lower', ours: held / LEAVES }))

  const stump = forest.stump()
  const spent = pick(leaves)
  const added = Array.from({ length: TARGETS }, (_, index) => leaf(LEAVES + index))
  const proof = forest.prove(spent)
  const nodes = nodesAbove(proof.targets)
  const milliseconds = (seconds: number): number => seconds * 1_000
  await compare(
    {
      name: 'verify-7000',
      unit: 'ms',
      toFigure: milliseconds,
      better: 'lower',
      ours: { name: 'ours', run: () => stump.verify(proof, spent) },
      references: [
        { name: `${nodes} bare hashes`, run: bareHashes(nodes) },
        { name: `${nodes} bare hashes of our own`, run: ownHashes(nodes) },
      ],
    },
    emit,
  )
  await compare(
    {
      name: 'modify-7000',
      unit: 'ms',
      toFigure: milliseconds,
      better: 'lower',
      ours: { name: 'ours', run: () => stump.modify(proof, spent, added) },
      references: [
        { name: `${2 * nodes + TARGETS} bare hashes`, run: bareHashes(2 * nodes + TARGETS) },
        { name: `${2 * nodes + TARGETS} bare hashes of our own`, run: ownHashes(2 * nodes + TARGETS) },
      ],
    },
    emit,
  )
  const own = hashes()
  const by = (backend: Hashes) => () => {
    useHashes(backend)
    const next = stump.modify(proof, spent, added)
    useHashes(own)
    return next
  }
  await compare(
    {
      name: 'stump-wasm',
      unit: 'ms',
      toFigure: milliseconds,
      better: 'lower',
      ours: { name: own.name, run: by(own) },
      references: [
        { name: node.name, run: by(node) },
        { name: noble.name, run: by(noble) },
      ],
    },
    emit,
  )
  await compare(
    {
      name: 'prove-7000',
      unit: 'ms',
      toFigure: milliseconds,
      better: 'lower',
      ours: { name: 'ours', run: () => forest.prove(spent) },
      references: [],
    },
    emit,
  )

  const output = {
    blockHash: asBlockHash(leaf(1)),
    outPoint: { txid: asTxid(leaf(2)), index: 1 },
    height: 700_000,
    coinbase: false,
    amount: 5_000n,
    scriptPubKey: new Uint8Array(22),
  }
  const preimage = new Uint8Array(128 + 81 + 22)
  await compare(
    {
      name: 'leaf-hash',
      unit: '/s',
      toFigure: (seconds) => 1 / seconds,
      better: 'higher',
      ours: { name: 'ours', run: () => leafHash(output) },
      references: [{ name: 'the bare hash', run: () => hash('sha512-256', preimage, 'binary') }],
    },
    emit,
  )
}

import { readFileSync } from 'node:fs'
import {
  type BlockHash,
  blockHashFromHex,
  bytesToHex,
  decodeBlock,
  decodePayload,
  encodePayload,
  hexToBytes,
  type MessageOf,
  type OutPoint,
  regtest,
} from '@sapwood/wire-codec'
import { blockChanges, checkBlockProof, type KeptOutput, ProofMaker, Stump } from '@sapwood/utreexo'
import { compare, type Emit } from '../../../../tools/bench/measure.ts'

interface Live {
  readonly hashes: { readonly main: Record<string, string> }
  readonly cases: readonly { readonly height: number; readonly block: string; readonly uproof: string }[]
}

const vectors = new URL('../../test/vectors/uproof-live.json', import.meta.url)
const live = JSON.parse(readFileSync(vectors, 'utf8')) as Live
/** The captured blocks that follow each other from the first on: mined by a real bitcoind, with spends. */
const chain = live.cases
  .filter(({ height }, index) => height === index + 1)
  .map(({ block, uproof }) => ({ block: hexToBytes(block), uproof: hexToBytes(uproof) }))
const hashes = new Map(
  Object.entries(live.hashes.main).map(([height, hash]) => [Number(height), blockHashFromHex(hash)]),
)
const blockHashAt = (height: number): BlockHash | undefined => hashes.get(height)
const facts = { network: regtest, medianTimePast: () => 0 }
const keyOf = ({ txid, index }: OutPoint): string => bytesToHex(txid) + index

/** All blocks proved from their bytes on, as a node without coins does it. */
function proveChain(): Stump {
  let stump = new Stump()
  chain.forEach(({ block, uproof }, index) => {
    const { proof } = decodePayload('uproof', uproof) as MessageOf<'uproof'>
    stump = checkBlockProof(stump, decodeBlock(block), index + 1, proof, { ...facts, blockHashAt }).stump
  })
  return stump
}

/** All proofs made from the blocks' bytes on, as a bridge does it, with its outputs in memory. */
function indexChain(): ProofMaker {
  const maker = new ProofMaker({ height: 0, hash: regtest.genesisHash })
  const outputs = new Map<string, KeptOutput>()
  chain.forEach(({ block: bytes }, index) => {
    const block = decodeBlock(bytes)
    const changes = blockChanges(block, index + 1)
    const spent = changes.toProve.map(({ input }) => outputs.get(keyOf(input.previousOutput)))
    const connected = maker.connect(block, changes, spent, facts)
    encodePayload({ type: 'uproof', proof: connected.proof })
    for (const { outPoint } of connected.spent) outputs.delete(keyOf(outPoint))
    for (const { outPoint, output } of connected.created) outputs.set(keyOf(outPoint), output)
  })
  return maker
}

export default async function bench(emit: Emit): Promise<void> {
  const toFigure = (seconds: number): number => chain.length / seconds
  const rows = [
    { name: 'prove-chain', run: proveChain },
    { name: 'bridge-index', run: indexChain },
  ]
  for (const { name, run } of rows)
    await compare(
      { name, unit: 'blocks/s', toFigure, better: 'higher', ours: { name: 'ours', run }, references: [] },
      emit,
    )
}

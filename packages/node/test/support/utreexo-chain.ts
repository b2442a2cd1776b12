import {
  type Block,
  type BlockHash,
  blockHash,
  bytesToHex,
  encodePayload,
  type Transaction,
  txid,
  type UtreexoProof,
} from '@sapwood/wire-codec'
import type { PeerServices } from '@sapwood/peer'
import { blockChanges, type PlacedOutput, ProofMaker, type Stump } from '@sapwood/utreexo'
import { coinbaseAt, mineBlock, regtest } from './make-chain.ts'

/** A chain with spends, and the proof of each block. */
export interface ProvedChain {
  /** From height 1 on. */
  readonly blocks: readonly Block[]
  /** By height; that of the genesis block is empty. */
  readonly stumps: readonly Stump[]
  /** By the hash of the block, in hex. */
  readonly proofs: ReadonlyMap<string, UtreexoProof>
}

const key = ({ txid: id, index }: { readonly txid: Uint8Array; readonly index: number }): string =>
  `${bytesToHex(id)}:${index}`

/**
 * A chain of `length` blocks: from block 101 on each spends the coinbase of the hundredth before it, and
 * two outputs of spends. With another `salt` it is another one above block `fork`.
 */
export function makeProvedChain(
  length: number,
  { fork = 0, salt = 0 }: { readonly fork?: number; readonly salt?: number } = {},
): ProvedChain {
  const maker = new ProofMaker({ height: 0, hash: regtest.genesisHash })
  const unspent = new Map<string, PlacedOutput>()
  const stumps = [maker.stump()]
  const proofs = new Map<string, UtreexoProof>()
  const blocks: Block[] = []
  let parent = regtest.genesis
  const times: number[] = [parent.time]
  const medianTimePast = (height: number): number => {
    const last = times.slice(Math.max(0, height - 10), height + 1).sort((a, b) => a - b)
    return last[last.length >> 1]!
  }
  /** Outputs of spends, to be spent in turn. */
  const pending: { readonly id: Transaction; readonly index: number }[] = []
  for (let height = 1; height <= length; height++) {
    const extra = height > fork ? salt : 0
    const spends: Transaction[] = []
    if (height > 100) {
      const old = blocks[height - 101]!.transactions[0]!
      spends.push(spend([{ id: old, index: 0 }], 4, 1_000_000_000n, extra))
      if (pending.length >= 2) spends.push(spend(pending.splice(0, 2), 1, 1_500_000_000n, extra))
    }
    const block = mineBlock(parent, [coinbaseAt(height, extra), ...spends])
    for (const transaction of spends)
      if (transaction.outputs.length > 1)
        pending.push({ id: transaction, index: 1 }, { id: transaction, index: 3 })
    parent = block.header
    times.push(parent.time)
    const changes = blockChanges(block, height)
    const outputs = changes.toProve.map(({ input }) => unspent.get(key(input.previousOutput))?.output)
    const connected = maker.connect(block, changes, outputs, { network: regtest, medianTimePast })
    for (const { outPoint } of connected.spent) unspent.delete(key(outPoint))
    for (const created of connected.created) unspent.set(key(created.outPoint), created)
    blocks.push(block)
    stumps.push(connected.stump)
    proofs.set(bytesToHex(connected.hash), connected.proof)
  }
  return { blocks, stumps, proofs }
}

function spend(
  from: readonly { readonly id: Transaction; readonly index: number }[],
  outputs: number,
  value: bigint,
  extra: number,
): Transaction {
  return {
    version: 2,
    inputs: from.map(({ id, index }) => ({
      previousOutput: { txid: txid(id), index },
      scriptSig: new Uint8Array(0),
      sequence: 0xffff_ffff,
      witness: [],
    })),
    outputs: Array.from({ length: outputs }, (_, n) => ({
      value,
      scriptPubKey: Uint8Array.of(0x51, 0x60 - n, extra),
    })),
    lockTime: 0,
  }
}

/** What a bridge does with a proof that it is asked for: another one, nothing, or the same later. */
export type ProofLie = (
  proof: UtreexoProof,
  height: number,
) => UtreexoProof | undefined | Promise<UtreexoProof | undefined>

/** Serves the proofs of these chains. @param asked is told of each request. */
export function proofServices(
  chains: readonly ProvedChain[],
  lie: ProofLie = (proof) => proof,
  asked: (height: number) => void = () => undefined,
): Pick<PeerServices, 'utreexoProof'> {
  return {
    utreexoProof: async ({ blockHash: hash }) => {
      const name = bytesToHex(hash)
      const chain = chains.find(({ proofs }) => proofs.has(name))
      const proof = chain?.proofs.get(name)
      if (chain === undefined || proof === undefined) return undefined
      const height = heightIn(chain, hash)
      asked(height)
      const told = await lie(proof, height)
      return told && encodePayload({ type: 'uproof', proof: told }).payload
    },
  }
}

function heightIn({ blocks }: ProvedChain, hash: BlockHash): number {
  const name = bytesToHex(hash)
  return 1 + blocks.findIndex((block) => bytesToHex(blockHash(block.header)) === name)
}

import {
  type BlockHash,
  bytesToHex,
  encodePayload,
  type OutPoint,
  regtest,
  selectUtreexoProof,
} from '@sapwood/wire-codec'
import type { PeerServices } from '@sapwood/peer'
import { blockChanges, type ConnectedBlock, type KeptOutput, ProofMaker, Stump } from '@sapwood/utreexo'
import type { RegtestChain } from './regtest-chain.ts'

/** The Utreexo proofs of a chain, made when they are first asked for. */
class RegtestProofs {
  readonly #chain: RegtestChain
  readonly #maker = new ProofMaker({ height: 0, hash: regtest.genesisHash })
  readonly #outputs = new Map<string, KeptOutput>()
  readonly #blocks: Pick<ConnectedBlock, 'proof' | 'stump'>[] = []

  constructor(chain: RegtestChain) {
    this.#chain = chain
  }

  /** The `uproof` of a block with all in it; undefined for a block that is not of the chain. */
  proof(hash: BlockHash): Uint8Array | undefined {
    const height = this.#chain.heightOf(hash)
    if (height === undefined) return undefined
    const proof = this.#at(height)?.proof ?? emptyProof(hash)
    return encodePayload({ type: 'uproof', proof }).payload
  }

  /** The `uroot` of a block, with the proof of its state; undefined for a block that is not of the chain. */
  roots(hash: BlockHash): Uint8Array | undefined {
    const height = this.#chain.heightOf(hash)
    if (height === undefined) return undefined
    // The proof is for the states up to the tip.
    this.#at(this.#chain.height)
    const stump = this.#blocks[height - 1]?.stump ?? new Stump()
    const state = this.#maker.roots({ height, hash }, stump)
    return encodePayload({ type: 'uroot', state }).payload
  }

  #at(height: number): Pick<ConnectedBlock, 'proof' | 'stump'> | undefined {
    while (this.#blocks.length < height) this.#connect(this.#blocks.length + 1)
    return this.#blocks[height - 1]
  }

  #connect(height: number): void {
    const { block } = this.#chain.at(height)!
    const changes = blockChanges(block, height)
    const outputs = changes.toProve.map(({ input }) => this.#outputs.get(keyOf(input.previousOutput)))
    const connected = this.#maker.connect(block, changes, outputs, {
      network: regtest,
      // The transactions of these chains have no locks.
      medianTimePast: () => 0,
    })
    for (const { outPoint } of connected.spent) this.#outputs.delete(keyOf(outPoint))
    for (const { outPoint, output } of connected.created) this.#outputs.set(keyOf(outPoint), output)
    this.#blocks.push({ proof: connected.proof, stump: connected.stump })
  }
}

/** Serves the proofs of the chain of the moment. */
export function proofServices(
  chainOfNow: () => RegtestChain,
): Pick<PeerServices, 'utreexoProof' | 'utreexoRoots'> {
  const proofsOf = new WeakMap<RegtestChain, RegtestProofs>()
  const proofs = (): RegtestProofs => {
    const chain = chainOfNow()
    const known = proofsOf.get(chain) ?? new RegtestProofs(chain)
    proofsOf.set(chain, known)
    return known
  }
  return {
    utreexoProof: (request) => {
      const whole = proofs().proof(request.blockHash)
      return whole && selectUtreexoProof(whole, request)
    },
    utreexoRoots: (hash) => proofs().roots(hash),
  }
}

const keyOf = ({ txid, index }: OutPoint): string => `${bytesToHex(txid)}:${index}`

/** What proves the genesis block, which spends nothing. */
const emptyProof = (blockHash: BlockHash): ConnectedBlock['proof'] => ({
  blockHash,
  targets: new BigUint64Array(0),
  proofHashes: [],
  leafData: [],
})

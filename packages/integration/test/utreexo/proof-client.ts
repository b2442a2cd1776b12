import {
  type BlockHash,
  type NetworkAddress,
  regtest,
  type UtreexoProof,
  type UtreexoProofRequest,
} from '@sapwood/wire-codec'
import type { NodeHandle } from '@sapwood/node'
import { createPeer, type Peer } from '@sapwood/peer'
import { connect, type FallbackPolicy, onlyV1 } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { checkBlockProof, Stump } from '@sapwood/utreexo'

const EMPTY = new Uint8Array(0)

/** A connection to a bridge, over real sockets. */
export async function connectTo(address: NetworkAddress, fallback?: FallbackPolicy): Promise<Peer> {
  const transport = await connect(address, {
    dialer: createTcpDialer(),
    network: regtest,
    ...(fallback !== undefined && { fallback }),
  })
  const peer = createPeer(transport, { network: regtest, kind: 'manual', address })
  await peer.handshake
  return peer
}

export const overV1 = (address: NetworkAddress): Promise<Peer> => connectTo(address, onlyV1)

/** What a node without coins asks for. */
export const wholeProofOf = (blockHash: BlockHash): UtreexoProofRequest => ({
  blockHash,
  withTargets: true,
  withProofHashes: true,
  withLeafData: true,
  proofBitmap: EMPTY,
  leafBitmap: EMPTY,
})

/** Proves a bridge's chain from its first block on with nothing but roots, as a node without coins does. */
export class ProofClient {
  stump: Stump = new Stump()
  height = 0
  /** Spent outputs, by the kind of their script as the proof sent it. */
  readonly scripts: Map<string, number> = new Map()
  raised = 0
  readonly #peer: Peer
  readonly #node: NodeHandle
  readonly #states: Stump[] = [new Stump()]

  constructor(peer: Peer, node: NodeHandle) {
    this.#peer = peer
    this.#node = node
  }

  /** Up to the tip of the node. Blocks come from the bridge as well. */
  async prove(height: number = this.#node.chain.tip().height): Promise<void> {
    const { chain } = this.#node
    while (this.height < height) {
      const hash = chain.hashAt(this.height + 1)!
      const [{ block }, proof] = await Promise.all([
        this.#peer.getBlock(hash),
        this.#peer.getUtreexoProof({ request: wholeProofOf(hash) }),
      ])
      const proved = checkBlockProof(this.stump, block, this.height + 1, proof, {
        network: regtest,
        blockHashAt: (at) => chain.hashAt(at),
        medianTimePast: (at) => chain.medianTimePast(chain.hashAt(at)!)!,
      })
      this.#count(proof)
      this.stump = proved.stump
      this.height++
      this.#states.push(this.stump)
    }
  }

  /** Goes back to the state after an earlier block. */
  rewind(height: number): void {
    this.#states.length = height + 1
    this.stump = this.#states[height]!
    this.height = height
  }

  #count({ leafData, targets }: UtreexoProof): void {
    for (const { script } of leafData) this.scripts.set(script.type, (this.scripts.get(script.type) ?? 0) + 1)
    for (const target of targets) if (target >= 1n << 63n) this.raised++
  }
}

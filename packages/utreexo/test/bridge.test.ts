import {
  bitmapIndexes,
  blockHashFromHex,
  bytesToHex,
  decodeBlock,
  decodePayload,
  encodePayload,
  hashToHex,
  hexToBytes,
  type MessageOf,
  type OutPoint,
  regtest,
  selectUtreexoProof,
  type UtreexoProof,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import {
  blockChanges,
  type ConnectedBlock,
  decodeBlockUndo,
  decodeKeptOutput,
  encodeBlockUndo,
  encodeKeptOutput,
  Forest,
  isUtreexoError,
  type KeptOutput,
  ProofMaker,
  stateHash,
  StateTree,
  Stump,
} from '../src/index.ts'
import { hexes, readVectors } from './vectors.ts'

interface LiveCase {
  readonly height: number
  readonly hash: string
  readonly block: string
  readonly uproof: string
  readonly after: { readonly numleaves: number; readonly roots: string[] }
  readonly variants?: readonly { readonly note: string; readonly request: string; readonly reply: string }[]
}
const live = readVectors<{ cases: readonly LiveCase[] }>('uproof-live')
/** The captured blocks that follow each other from the first on: a bridge needs every one. */
const chain = live.cases.filter(({ height }, index) => height === index + 1)
const facts = { network: regtest, medianTimePast: () => 0 }
const genesis = { height: 0, hash: regtest.genesisHash }
const keyOf = ({ txid, index }: OutPoint): string => `${bytesToHex(txid)}:${index}`

/**
 * A bridge without a disk: the machine, and the outputs that are kept for it,
 * each as the bytes that a store would have.
 */
class Bridge {
  machine = new ProofMaker(genesis)
  readonly outputs = new Map<string, Uint8Array>()

  connect(payload: string, height: number): ConnectedBlock {
    const block = decodeBlock(hexToBytes(payload))
    const changes = blockChanges(block, height)
    const outputs = changes.toProve.map(({ input }) => this.#find(input.previousOutput))
    const connected = this.machine.connect(block, changes, outputs, facts)
    for (const { outPoint } of connected.spent) this.outputs.delete(keyOf(outPoint))
    for (const { outPoint, output } of connected.created)
      this.outputs.set(keyOf(outPoint), encodeKeptOutput(output))
    return connected
  }

  disconnect(bytes: Uint8Array, below: { height: number; hash: ConnectedBlock['hash'] }): void {
    const undo = decodeBlockUndo(bytes)
    this.machine.disconnect(undo.forest, below)
    for (const outPoint of undo.created) this.outputs.delete(keyOf(outPoint))
    for (const { outPoint, output } of undo.spent) this.outputs.set(keyOf(outPoint), encodeKeptOutput(output))
  }

  #find(outPoint: OutPoint): KeptOutput | undefined {
    const bytes = this.outputs.get(keyOf(outPoint))
    return bytes && decodeKeptOutput(bytes)
  }
}

const payloadOf = (proof: UtreexoProof): string =>
  bytesToHex(encodePayload({ type: 'uproof', proof }).payload)
const stumpOf = ({ numleaves, roots }: LiveCase['after']): Stump => new Stump(numleaves, hexes(roots))

describe('the machine of a bridge', () => {
  it('makes of blocks alone the proofs that a real bridge served, byte for byte', () => {
    const bridge = new Bridge()
    for (const { height, block, uproof, after } of chain) {
      const { proof, stump } = bridge.connect(block, height)
      expect(payloadOf(proof)).toBe(uproof)
      expect(stump.equals(stumpOf(after))).toBe(true)
      expect(bridge.outputs.size).toBe(bridge.machine.liveLeaves)
    }
    expect(chain.length).toBe(240)
  })

  it('serves what other masks and bitmaps ask for as that one did, but for its slip', () => {
    const bridge = new Bridge()
    let compared = 0
    for (const { height, block, variants = [] } of chain) {
      const { proof } = bridge.connect(block, height)
      const whole = encodePayload({ type: 'uproof', proof }).payload
      for (const { note, request: payload, reply } of variants) {
        const { request } = decodePayload('getuproof', hexToBytes(payload)) as MessageOf<'getuproof'>
        // utreexod sends the hashes for the bit of the leaves: read so, what it sent is what we would send.
        const asItReads = { ...request, withProofHashes: request.withLeafData }
        expect(bytesToHex(selectUtreexoProof(whole, asItReads)), note).toBe(reply)
        if (request.withProofHashes === request.withLeafData) compared++
        const { proof: sent } = decodePayload(
          'uproof',
          selectUtreexoProof(whole, request),
        ) as MessageOf<'uproof'>
        const named = [...bitmapIndexes(request.proofBitmap, proof.proofHashes.length)]
        expect(sent.proofHashes).toEqual(
          request.withProofHashes ? proof.proofHashes : named.map((index) => proof.proofHashes[index]),
        )
      }
    }
    expect(compared).toBeGreaterThan(50)
  })

  it('goes back any number of blocks, and comes again to the same', () => {
    const bridge = new Bridge()
    const undos: Uint8Array[] = []
    for (const { height, block } of chain) undos.push(encodeBlockUndo(bridge.connect(block, height)))
    const full = new Map(bridge.outputs)
    for (const back of [1, 7, 60, chain.length]) {
      for (let height = chain.length; height > chain.length - back; height--) {
        const below = chain[height - 2]
        bridge.disconnect(
          undos[height - 1]!,
          below === undefined ? genesis : { height: height - 1, hash: blockHashFromHex(below.hash) },
        )
        const expected = below === undefined ? new Stump() : stumpOf(below.after)
        expect(bridge.machine.stump().equals(expected)).toBe(true)
        expect(bridge.outputs.size).toBe(bridge.machine.liveLeaves)
      }
      for (const { height, block, uproof } of chain.slice(chain.length - back))
        expect(payloadOf(bridge.connect(block, height).proof)).toBe(uproof)
      expect(bridge.outputs).toEqual(full)
    }
  })

  it('is made again from the outputs that are kept, after each block', () => {
    const bridge = new Bridge()
    const states = [stateHash(new Stump())]
    for (const { height, block, uproof, hash } of chain) {
      const { proof, stump } = bridge.connect(block, height)
      expect(payloadOf(proof)).toBe(uproof)
      states.push(stateHash(stump))
      const tree = new StateTree()
      for (const state of states) tree.add(state)
      const kept = [...bridge.outputs.values()].map(decodeKeptOutput)
      const forest = Forest.restore(
        stump.leaves,
        kept.map(({ number, leafHash }) => [number, leafHash]),
      )
      expect(forest.stump().equals(stump)).toBe(true)
      bridge.machine = new ProofMaker({ height, hash: blockHashFromHex(hash) }, forest, tree)
    }
  })

  it.each<[string, string, (bridge: Bridge) => void]>([
    [
      'an output that is not there',
      'unknown-output',
      (bridge) => {
        bridge.outputs.clear()
      },
    ],
    [
      'an immature coinbase',
      'immature-coinbase',
      ({ outputs }) => {
        for (const [key, bytes] of outputs) {
          const output = decodeKeptOutput(bytes)
          outputs.set(key, encodeKeptOutput({ ...output, height: 114, coinbase: true }))
        }
      },
    ],
    [
      'more than was there',
      'overspend',
      ({ outputs }) => {
        for (const [key, bytes] of outputs)
          outputs.set(key, encodeKeptOutput({ ...decodeKeptOutput(bytes), amount: 1n }))
      },
    ],
  ])('refuses a block that spends %s, and stays where it is', (_, code, bend) => {
    const bridge = new Bridge()
    for (const { height, block } of chain.slice(0, 113)) bridge.connect(block, height)
    const before = bridge.machine.stump()
    const outputs = new Map(bridge.outputs)
    const { block, height, uproof } = chain[113]!
    bend(bridge)
    let error: unknown
    try {
      bridge.connect(block, height)
    } catch (caught) {
      error = caught
    }
    expect(isUtreexoError(error) && [error.code, error.fault]).toEqual([code, 'block'])
    expect(bridge.machine.stump().equals(before)).toBe(true)
    expect(bridge.machine.tip).toEqual({ height: 113, hash: blockHashFromHex(chain[112]!.hash) })
    for (const [key, bytes] of outputs) bridge.outputs.set(key, bytes)
    expect(payloadOf(bridge.connect(block, height).proof)).toBe(uproof)
  })

  it('takes no block but the next, and back no block but the last', () => {
    const bridge = new Bridge()
    const first = encodeBlockUndo(bridge.connect(chain[0]!.block, 1))
    expect(() => bridge.connect(chain[2]!.block, 3)).toThrow(RangeError)
    bridge.connect(chain[1]!.block, 2)
    const below = { height: 1, hash: blockHashFromHex(chain[0]!.hash) }
    expect(() => bridge.disconnect(first, below)).toThrow(expect.objectContaining({ code: 'undo-mismatch' }))
    expect(() => bridge.disconnect(first, genesis)).toThrow(RangeError)
    expect(() => new ProofMaker(below)).toThrow(RangeError)
  })
})

describe('the accumulator of states', () => {
  const vector = readVectors<{
    numleaves: number
    roots_of_the_root_accumulator: string[]
    cases: readonly { readonly height: number; readonly hash: string; readonly uroot: string }[]
  }>('uroot-live')

  it("has the real bridge's leaves", () => {
    const stump = new Stump(vector.numleaves, hexes(vector.roots_of_the_root_accumulator))
    const bridge = new Bridge()
    const states = new Map(chain.map(({ height, block }) => [height, bridge.connect(block, height).stump]))
    let proved = 0
    for (const { height, hash, uroot: payload } of vector.cases) {
      const state = states.get(height)
      if (state === undefined) continue
      const { state: theirs } = decodePayload('uroot', hexToBytes(payload)) as MessageOf<'uroot'>
      expect(hashToHex(theirs.blockHash)).toBe(hash)
      expect(theirs.roots).toEqual(state.roots)
      stump.verify({ targets: [theirs.target], hashes: theirs.proofHashes }, [stateHash(state)])
      proved++
    }
    expect(proved).toBe(5)
  })

  it.each([1, 2, 3, 7, 8, 100, 241])('proves each of %i states', (count) => {
    const tree = new StateTree()
    const leaves = Array.from({ length: count }, (_, index) =>
      stateHash(new Stump(0)).fill(index % 256, 0, 1 + (index % 31)),
    )
    for (const leaf of leaves) tree.add(leaf)
    const stump = new Stump(count, tree.roots())
    leaves.forEach((leaf, index) => {
      stump.verify({ targets: [BigInt(index)], hashes: tree.prove(index) }, [leaf])
    })
    expect(stump.equals(new Stump().add(leaves))).toBe(true)
    expect(() => tree.prove(count)).toThrow(RangeError)
    expect(() => tree.prove(-1)).toThrow(RangeError)
  })

  it('forgets what came last, and takes other states in its place', () => {
    const tree = new StateTree()
    const leaf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
    for (let byte = 1; byte <= 100; byte++) tree.add(leaf(byte))
    for (const size of [99, 64, 33, 1, 0]) {
      tree.truncate(size)
      expect(tree.size).toBe(size)
      for (let byte = 101; byte <= 109; byte++) tree.add(leaf(byte))
      const kept = Array.from({ length: size }, (_, index) => leaf(index + 1))
      const added = Array.from({ length: 9 }, (_, index) => leaf(index + 101))
      expect(new Stump(size + 9, tree.roots()).equals(new Stump().add([...kept, ...added]))).toBe(true)
      tree.truncate(size)
    }
    expect(() => tree.truncate(1)).toThrow(RangeError)
  })
})

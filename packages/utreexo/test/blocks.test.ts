import {
  type Block,
  type BlockHash,
  blockHash,
  blockHashFromHex,
  bytesToHex,
  decodeBlock,
  decodePayload,
  hashToHex,
  hexToBytes,
  mainnet,
  type MessageOf,
  networkByName,
  regtest,
  txidFromHex,
  type UtreexoProof,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { blockChanges, checkBlockProof, Forest, leafHash, leafScript, Stump } from '../src/index.ts'
import { hexes, readVectors } from './vectors.ts'

interface State {
  readonly numleaves: number
  readonly roots: string[]
}
interface LiveCase {
  readonly height: number
  readonly hash: string
  readonly tags: readonly string[]
  readonly block: string
  readonly getuproof: string
  readonly uproof: string
  readonly before: State
  readonly after: State
}
interface Live {
  readonly genesis: string
  readonly hashes: Record<'main' | 'left', Record<string, string>>
  readonly cases: readonly LiveCase[]
  readonly reorgs: readonly {
    readonly fork: number
    readonly left: readonly LiveCase[]
    readonly joined: readonly LiveCase[]
  }[]
}

const live = readVectors<Live>('uproof-live')
const uproof = (payload: string): UtreexoProof =>
  (decodePayload('uproof', hexToBytes(payload)) as MessageOf<'uproof'>).proof
const stumpOf = ({ numleaves, roots }: State): Stump => new Stump(numleaves, hexes(roots))
const hashAt =
  (chain: Record<string, string>) =>
  (height: number): BlockHash | undefined =>
    chain[height] === undefined ? undefined : blockHashFromHex(chain[height])
// The captured chains have no relative locks by time that the median could break.
const facts = { network: regtest, medianTimePast: () => 0 }

describe('leaf hashes', () => {
  const { leaves } = readVectors<{ leaves: readonly { leaf: Record<string, never>; leafHash: string }[] }>(
    'leaf-hashes',
  )
  it.each(leaves)('%#', ({ leaf, leafHash: expected }) => {
    const {
      blockHash: block,
      txid,
      index,
      amount,
      script,
      height,
      coinbase,
    } = leaf as unknown as {
      blockHash: string
      txid: string
      index: number
      amount: number
      script: string
      height: number
      coinbase: boolean
    }
    const hash = leafHash({
      blockHash: blockHashFromHex(block),
      outPoint: { txid: txidFromHex(txid), index },
      height,
      coinbase,
      amount: BigInt(amount),
      scriptPubKey: hexToBytes(script),
    })
    expect(bytesToHex(hash)).toBe(expected)
  })
})

describe('blocks of a real bridge', () => {
  it('are all proved, each giving the next state', () => {
    expect(live.cases.length).toBeGreaterThan(200)
    for (const { height, block, uproof: payload, before, after, hash } of live.cases) {
      const decoded = decodeBlock(hexToBytes(block))
      const proof = uproof(payload)
      expect(hashToHex(proof.blockHash)).toBe(hash)
      const proved = checkBlockProof(stumpOf(before), decoded, height, proof, {
        ...facts,
        blockHashAt: hashAt(live.hashes.main),
      })
      expect(proved.stump.equals(stumpOf(after))).toBe(true)
      expect(proved.spent.map((inputs) => inputs.length)).toEqual(
        decoded.transactions.map(({ inputs }, index) => (index === 0 ? 0 : inputs.length)),
      )
    }
  })

  it('are proved by our forest in the same bytes', () => {
    const forest = new Forest()
    for (const { height, block, uproof: payload, before, after } of live.cases) {
      if (forest.leaves !== before.numleaves) continue
      const decoded = decodeBlock(hexToBytes(block))
      const theirs = uproof(payload)
      const proved = checkBlockProof(stumpOf(before), decoded, height, theirs, {
        ...facts,
        blockHashAt: hashAt(live.hashes.main),
      })
      const deleted = leafHashes(proved.changes, proved.spent, live.hashes.main)
      const ours = forest.prove(deleted)
      expect(ours.targets).toEqual(theirs.targets)
      expect(bytesToHex(ours.hashes)).toBe(theirs.proofHashes.map(bytesToHex).join(''))
      const scripts = proved.changes.toProve.map(({ transaction, index, input }) =>
        leafScript(proved.spent[transaction]![index]!.scriptPubKey, input),
      )
      expect(scripts).toEqual(theirs.leafData.map(({ script }) => script))
      forest.modify(deleted, proved.changes.added())
      expect(forest.stump().equals(stumpOf(after))).toBe(true)
    }
    expect(forest.leaves).toBeGreaterThan(400)
  })
})

function leafHashes(
  changes: ReturnType<typeof blockChanges>,
  spent: ReturnType<typeof checkBlockProof>['spent'],
  chain: Record<string, string>,
): Uint8Array[] {
  return changes.toProve.map(({ transaction, index, input }) => {
    const { amount, scriptPubKey, height, coinbase } = spent[transaction]![index]!
    return leafHash({
      blockHash: hashAt(chain)(height)!,
      outPoint: input.previousOutput,
      height,
      coinbase,
      amount,
      scriptPubKey,
    })
  })
}

describe('a block of mainnet', () => {
  const vector = readVectors<{
    height: number
    block: string
    uproof_payload: string
    creation_block_hashes: Record<string, string>
    before: State
    after: State
  }>('mainnet-164357')

  it('is proved by its real proof', () => {
    const block = decodeBlock(hexToBytes(vector.block))
    const proved = checkBlockProof(
      stumpOf(vector.before),
      block,
      vector.height,
      uproof(vector.uproof_payload),
      {
        network: mainnet,
        medianTimePast: () => 0,
        blockHashAt: hashAt(vector.creation_block_hashes),
      },
    )
    expect(proved.stump.equals(stumpOf(vector.after))).toBe(true)
    expect(proved.fees).toBeGreaterThanOrEqual(0n)
  })
})

describe('coinbases alone', () => {
  it("give signet's first 120 states, in which the genesis block has no part", () => {
    const { blocks } = readVectors<{
      blocks: readonly { height: number; block: string; roots?: string[]; numleaves?: number }[]
    }>('signet-0-120')
    let stump = new Stump()
    for (const each of blocks) {
      const block: Block = decodeBlock(hexToBytes(each.block))
      const proof = { targets: new BigUint64Array(0), proofHashes: [], leafData: [] }
      stump = checkBlockProof(stump, block, each.height, proof, {
        network: networkByName('signet'),
        medianTimePast: () => 0,
        blockHashAt: () => blockHash(block.header),
      }).stump
      if (each.roots !== undefined) expect(stump.roots.map(bytesToHex)).toEqual(each.roots)
    }
    expect(stump.leaves).toBe(120)
  })
})

import {
  blockHash as hashOfHeader,
  blockHashFromHex,
  decodeBlock,
  decodePayload,
  encodePayload,
  hexToBytes,
  type LeafData,
  type MessageOf,
  regtest,
  withPackedHashes,
} from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import {
  type BlockProof,
  checkBlockProof,
  Forest,
  isUtreexoError,
  Stump,
  toCompactTarget,
  toTarget,
} from '../src/index.ts'
import { hexes, readVectors } from './vectors.ts'

interface Live {
  readonly hashes: { readonly main: Record<string, string> }
  readonly cases: readonly {
    readonly height: number
    readonly block: string
    readonly uproof: string
    readonly before: { readonly numleaves: number; readonly roots: string[] }
  }[]
}
const live = readVectors<Live>('uproof-live')
const proofOf = (payload: string): BlockProof =>
  (decodePayload('uproof', hexToBytes(payload)) as MessageOf<'uproof'>).proof

/** A real block with several spends from several trees, whose proof needs hashes. */
const captured = live.cases.find(({ uproof }) => {
  const { targets, proofHashes } = proofOf(uproof)
  return targets.length >= 4 && proofHashes.length >= 4
})!
const block = decodeBlock(hexToBytes(captured.block))
const good = proofOf(captured.uproof)
const stump = new Stump(captured.before.numleaves, hexes(captured.before.roots))

function check(change: Partial<BlockProof>, from: Stump = stump): void {
  const proof = {
    targets: good.targets,
    proofHashes: good.proofHashes,
    leafData: good.leafData.map(
      ({ height, coinbase, amount, script }): LeafData => ({ height, coinbase, amount, script }),
    ),
    ...change,
  }
  checkProof(proof, from)
}

function checkProof(proof: BlockProof, from: Stump = stump): void {
  checkBlockProof(from, block, captured.height, proof, {
    network: regtest,
    medianTimePast: () => 0,
    blockHashAt: (height) => {
      const hash = live.hashes.main[height]
      return hash === undefined ? undefined : blockHashFromHex(hash)
    },
  })
}

/** The same with its hashes one behind the other, as a proof has them that was read. */
function packed(change: Partial<BlockProof>): BlockProof {
  const { targets, leafData, proofHashes } = { ...good, ...change }
  const blockHash = hashOfHeader(block.header)
  const hashes = new Uint8Array(32 * proofHashes.length)
  proofHashes.forEach((hash, index) => hashes.set(hash, 32 * index))
  return withPackedHashes(hashes, { blockHash, targets, leafData })
}

const refusal = (run: () => void): unknown => {
  try {
    run()
  } catch (error) {
    if (isUtreexoError(error)) return { code: error.code, fault: error.fault }
    throw error
  }
  return undefined
}
const changed = <T>(list: readonly T[], index: number, value: T): T[] =>
  list.map((each, i) => (i === index ? value : each))
const flipped = (hash: Uint8Array): Uint8Array => hash.map((byte, i) => (i === 5 ? byte ^ 1 : byte))
const targetsWith = (change: (targets: bigint[]) => bigint[]): BigUint64Array =>
  BigUint64Array.from(change([...good.targets]))

describe('a real proof', () => {
  it('is good as it came', () => {
    expect(refusal(() => check({}))).toBeUndefined()
  })

  it.each<[string, string, Partial<BlockProof>]>([
    ['a target too few', 'target-count', { targets: targetsWith((targets) => targets.slice(1)) }],
    ['a target too many', 'target-count', { targets: targetsWith((targets) => [...targets, 0n]) }],
    ['a leaf too few', 'leaf-count', { leafData: good.leafData.slice(1) }],
    ['a leaf too many', 'leaf-count', { leafData: [...good.leafData, good.leafData[0]!] }],
    ['no leaves at all', 'leaf-count', { leafData: [] }],
    ['a hash too few', 'proof-too-short', { proofHashes: good.proofHashes.slice(0, -1) }],
    ['a hash to spare', 'proof-too-long', { proofHashes: [...good.proofHashes, good.proofHashes[0]!] }],
    [
      'a million hashes',
      'proof-too-long',
      { proofHashes: new Array<Uint8Array>(1_000_000).fill(good.proofHashes[0]!) },
    ],
    [
      'a hash that is bent',
      'root-mismatch',
      { proofHashes: changed(good.proofHashes, 1, flipped(good.proofHashes[1]!)) },
    ],
    ['an empty hash', 'empty-hash', { proofHashes: changed(good.proofHashes, 1, new Uint8Array(32)) }],
    [
      'a hash of 31 bytes',
      'hash-length',
      { proofHashes: changed(good.proofHashes, 1, good.proofHashes[1]!.subarray(1)) },
    ],
    [
      'hashes in another order',
      'root-mismatch',
      { proofHashes: [good.proofHashes[1]!, good.proofHashes[0]!, ...good.proofHashes.slice(2)] },
    ],
    [
      'a doubled target',
      'duplicate-target',
      { targets: targetsWith(([first, , ...rest]) => [first!, first!, ...rest]) },
    ],
    [
      'targets changed for each other',
      'root-mismatch',
      { targets: targetsWith(([first, second, ...rest]) => [second!, first!, ...rest]) },
    ],
    [
      'a target beyond every leaf',
      'target-out-of-range',
      { targets: targetsWith((targets) => [BigInt(stump.leaves), ...targets.slice(1)]) },
    ],
    [
      'a target of 64 ones',
      'target-out-of-range',
      { targets: targetsWith((targets) => [2n ** 64n - 1n, ...targets.slice(1)]) },
    ],
    [
      'a target above the root',
      'target-out-of-range',
      { targets: targetsWith((targets) => [toTarget({ row: 40, offset: 0 }), ...targets.slice(1)]) },
    ],
    [
      'a leaf of this block',
      'leaf-height',
      { leafData: changed(good.leafData, 0, { ...leaf(0), height: captured.height }) },
    ],
    [
      'a leaf of another height',
      'root-mismatch',
      { leafData: changed(good.leafData, 0, { ...leaf(0), height: leaf(0).height === 1 ? 2 : 1 }) },
    ],
    [
      'a leaf that is a coinbase or not',
      'root-mismatch',
      { leafData: changed(good.leafData, 0, { ...leaf(0), coinbase: !leaf(0).coinbase }) },
    ],
    [
      'a leaf of more money',
      'root-mismatch',
      { leafData: changed(good.leafData, 0, { ...leaf(0), amount: leaf(0).amount + 1n }) },
    ],
    [
      'a leaf with another script',
      'root-mismatch',
      {
        leafData: changed(good.leafData, 0, {
          ...leaf(0),
          script: { type: 'other', scriptPubKey: Uint8Array.of(0x51) },
        }),
      },
    ],
  ])('is refused with %s', (_, code, change) => {
    expect(refusal(() => check(change))).toEqual({ code, fault: 'proof' })
    if (code !== 'hash-length')
      expect(refusal(() => checkProof(packed(change)))).toEqual({ code, fault: 'proof' })
  })

  it('is refused with bytes that are no whole number of hashes', () => {
    const hashes = new Uint8Array(33).fill(1)
    expect(
      refusal(() =>
        new Stump(2, [hashes.subarray(1)]).verify({ targets: [0n], hashes }, [hashes.subarray(1)]),
      ),
    ).toEqual({
      code: 'hash-length',
      fault: 'proof',
    })
  })

  it('is refused with a target that stands above another', () => {
    const [first] = good.targets
    const above = first! < 2n ** 63n ? toTarget({ row: 1, offset: Number(first! >> 1n) }) : first! * 2n
    const targets = targetsWith(([own, , ...rest]) => [own!, above, ...rest])
    expect(refusal(() => check({ targets }))).toMatchObject({
      code: expect.stringMatching(/nested-target|target-out-of-range/) as string,
    })
  })

  it('is refused with one place told in both forms, and with one above it told in the other', () => {
    const leaves = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte))
    const forest = new Forest()
    forest.modify([], leaves)
    forest.modify([leaves[0]!], [])
    const raised = { row: 1, offset: 0 }
    expect(forest.positionOf(leaves[1]!)).toEqual(raised)
    const verify = (targets: bigint[], spent: Uint8Array[], hashes: Uint8Array): unknown =>
      refusal(() => forest.stump().verify({ targets, hashes }, spent))
    const [wire, compact] = [toTarget(raised), toCompactTarget(raised, 4)]
    const { hashes } = forest.prove([leaves[1]!])
    expect(verify([compact], [leaves[1]!], hashes)).toBeUndefined()
    const twice = [leaves[1]!, leaves[1]!]
    expect(verify([wire, compact], twice, hashes)).toEqual({ code: 'duplicate-target', fault: 'proof' })
    const both = [leaves[2]!, leaves[1]!]
    for (const above of [toTarget({ row: 1, offset: 1 }), toCompactTarget({ row: 1, offset: 1 }, 4)])
      expect(verify([2n, above], both, leaves[3]!)).toEqual({ code: 'nested-target', fault: 'proof' })
  })

  it.each(captured.before.roots.map((_, index) => index))(
    'is refused by a state with another root %i, if it leads there',
    (index) => {
      const roots = changed(stump.roots, index, flipped(stump.roots[index]!))
      const reached = refusal(() => check({}, new Stump(stump.leaves, roots)))
      expect([undefined, 'root-mismatch']).toContain((reached as { code: string } | undefined)?.code)
    },
  )

  it('is as long as its targets need, whatever is bent: each byte of its payload, one after the other', () => {
    const payload = hexToBytes(captured.uproof)
    for (let at = 32; at < payload.length; at++) {
      const bent = payload.map((byte, i) => (i === at ? byte ^ 0x11 : byte))
      let proof: BlockProof
      try {
        proof = (decodePayload('uproof', bent) as MessageOf<'uproof'>).proof
      } catch {
        continue
      }
      expect(
        refusal(() => checkProof(proof)),
        `byte ${at}`,
      ).toMatchObject({ fault: 'proof' })
    }
  })

  it('is written as it was read', () => {
    const { payload } = encodePayload(decodePayload('uproof', hexToBytes(captured.uproof)))
    expect(payload).toEqual(hexToBytes(captured.uproof))
  })
})

function leaf(index: number): LeafData {
  const { height, coinbase, amount, script } = good.leafData[index]!
  return { height, coinbase, amount, script }
}

import { createHash } from 'node:crypto'
import { bytesToHex, hexToBytes } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { Forest, Stump, UtreexoError } from '../src/index.ts'
import { hexes, readVectors } from './vectors.ts'

interface Cases {
  readonly insertion_tests: readonly {
    readonly leaf_preimages: number[]
    readonly expected_roots: string[]
  }[]
  readonly proof_tests: readonly {
    readonly numleaves: number
    readonly roots: string[]
    readonly targets: number[]
    readonly target_preimages: number[]
    readonly proofhashes: string[]
    readonly expected: boolean
  }[]
  readonly deletion_tests: readonly {
    readonly leaf_preimages: number[]
    readonly target_values: number[]
    readonly proofhashes?: string[]
    readonly expected_roots: string[]
  }[]
}

/** These vectors' leaf: SHA-256 of one byte. */
const leaf = (preimage: number): Uint8Array =>
  new Uint8Array(createHash('sha256').update(Uint8Array.of(preimage)).digest())
const roots = (stump: Stump): string[] => stump.roots.map(bytesToHex)

describe.each(['rustreexo-test_cases', 'pytreexo-test_cases'])('the vectors of %s', (file) => {
  const cases = readVectors<Cases>(file)

  it.each(cases.insertion_tests)('of adding: %#', ({ leaf_preimages, expected_roots }) => {
    const leaves = leaf_preimages.map(leaf)
    expect(roots(new Stump().add(leaves))).toEqual(expected_roots)
    const forest = new Forest()
    // One of the cases adds the same leaf twice, which no two outputs are and a forest refuses.
    if (new Set(leaf_preimages).size < leaf_preimages.length) {
      expect(() => forest.modify([], leaves)).toThrow(expect.objectContaining({ code: 'duplicate-leaf' }))
      return
    }
    forest.modify([], leaves)
    expect(roots(forest.stump())).toEqual(expected_roots)
  })

  it.each(cases.proof_tests)('of proofs: %#', (vector) => {
    const stump = new Stump(vector.numleaves, hexes(vector.roots))
    const proof = { targets: vector.targets.map(BigInt), hashes: hexes(vector.proofhashes) }
    const verify = (): void => stump.verify(proof, vector.target_preimages.map(leaf))
    if (vector.expected) expect(verify).not.toThrow()
    else expect(verify).toThrow(UtreexoError)
  })

  it.each(cases.deletion_tests)(
    'of deleting: %#',
    ({ leaf_preimages, target_values, proofhashes, expected_roots }) => {
      const leaves = leaf_preimages.map(leaf)
      const deleted = target_values.map((target) => leaves[target]!)
      const forest = new Forest()
      forest.modify([], leaves)
      const made = forest.prove(deleted)
      if (proofhashes !== undefined) {
        expect(bytesToHex(made.hashes)).toBe(proofhashes.join(''))
        const proof = { targets: target_values.map(BigInt), hashes: hexes(proofhashes) }
        expect(roots(new Stump().add(leaves).modify(proof, deleted))).toEqual(expected_roots)
      }
      expect(roots(new Stump().add(leaves).modify(made, deleted))).toEqual(expected_roots)
      forest.modify(deleted, [])
      expect(roots(forest.stump())).toEqual(expected_roots)
    },
  )
})

it('has the tag of BIP182', async () => {
  const { LEAF_TAG } = await import('../src/crypto/leaf-tag.ts')
  expect(bytesToHex(LEAF_TAG)).toBe(createHash('sha512').update('UtreexoV1').digest('hex'))
  expect(hexToBytes('5b832db8')).toEqual(LEAF_TAG.subarray(0, 4))
})

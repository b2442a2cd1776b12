import { createHash } from 'node:crypto'
import { bytesToHex } from '@sapwood/wire-codec'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  Forest,
  type ForestUndo,
  forestRows,
  fromTarget,
  Stump,
  toCompactTarget,
  toTarget,
} from '../src/index.ts'
import { NaiveForest } from './naive-forest.ts'

/** Leaves that never repeat. */
function leafMaker(): () => Uint8Array {
  let next = 0
  return () => new Uint8Array(createHash('sha256').update(`leaf ${next++}`).digest())
}

/** A block: which of the live leaves go (by their place in the list, modulo), and how many come. */
const steps = fc.array(
  fc.record({ gone: fc.array(fc.nat(1_000), { maxLength: 12 }), come: fc.nat(9), undo: fc.boolean() }),
  { minLength: 1, maxLength: 14 },
)

it('agrees with the naive model in every state, proof, position and undo', () => {
  fc.assert(
    fc.property(steps, (blocks) => {
      const newLeaf = leafMaker()
      const forest = new Forest({ seed: 7 })
      let naive = new NaiveForest()
      let stump = new Stump()
      for (const { gone, come, undo } of blocks) {
        const live = naive.leaves.filter((leaf) => leaf.some((byte) => byte !== 0))
        const deleted = [...new Set(gone.map((pick) => live[pick % Math.max(live.length, 1)]))].filter(
          (leaf) => leaf !== undefined,
        )
        const added = Array.from({ length: come }, newLeaf)
        const proof = forest.prove(deleted)
        deleted.forEach((leaf, index) => {
          const at = naive.leaves.findIndex((other) => bytesToHex(other) === bytesToHex(leaf))
          const position = naive.positionOf(at)
          expect(forest.positionOf(leaf)).toEqual(position)
          expect(proof.targets[index]).toBe(toTarget(position))
        })
        stump.verify(proof, deleted)
        const compact = deleted.map((leaf) => toCompactTarget(forest.positionOf(leaf)!, forest.leaves))
        stump.verify({ targets: compact, hashes: proof.hashes }, deleted)

        const before = forest.stump()
        let record: ForestUndo = forest.modify(deleted, added)
        if (undo) {
          forest.undo(structuredClone(record))
          expect(forest.stump().equals(before)).toBe(true)
          expect(forest.liveLeaves).toBe(live.length)
          // The same proof again, so that what was put back stands where it stood.
          expect(forest.prove(deleted)).toEqual(proof)
          record = forest.modify(deleted, added)
        }
        expect(record.leavesAfter).toBe(naive.leaves.length + added.length)
        naive = naive.modify(deleted, added)
        stump = stump.modify(proof, deleted, added)
        expect(stump.roots.map(bytesToHex)).toEqual(naive.roots().map(bytesToHex))
        expect(forest.stump().equals(stump)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

it('is made again from the leaves that are left, in any order, and goes on from there', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat()), (blocks, shuffle) => {
      const newLeaf = leafMaker()
      let forest = new Forest()
      let numbered: [number: number, leaf: Uint8Array][] = []
      const records: ForestUndo[] = []
      const states: Stump[] = []
      for (const { gone, come } of blocks) {
        const deleted = [
          ...new Set(gone.map((pick) => numbered[pick % Math.max(numbered.length, 1)]?.[1])),
        ].filter((leaf) => leaf !== undefined)
        const added = Array.from({ length: come }, newLeaf)
        states.push(forest.stump())
        records.push(forest.modify(deleted, added))
        const first = forest.leaves - added.length
        numbered = numbered.filter(([, leaf]) => !deleted.includes(leaf))
        added.forEach((leaf, index) => numbered.push([first + index, leaf]))
        const order = new Map(numbered.map((entry) => [entry, shuffle.next().value as number]))
        const restored = Forest.restore(
          forest.leaves,
          [...numbered].sort((a, b) => order.get(a)! - order.get(b)!),
        )
        const leaves = numbered.map(([, leaf]) => leaf)
        expect(restored.stump().equals(forest.stump())).toBe(true)
        expect(restored.prove(leaves)).toEqual(forest.prove(leaves))
        expect(restored.liveLeaves).toBe(leaves.length)
        forest = restored
      }
      for (const record of records.reverse()) {
        forest.undo(record)
        expect(forest.stump().equals(states.pop()!)).toBe(true)
      }
    }),
    { numRuns: 200 },
  )
})

it.each<[string, number, [number, Uint8Array][], string]>([
  [
    'a number twice',
    9,
    [
      [3, new Uint8Array(32).fill(1)],
      [3, new Uint8Array(32).fill(2)],
    ],
    'duplicate-leaf',
  ],
  [
    'a hash twice',
    9,
    [
      [3, new Uint8Array(32).fill(1)],
      [4, new Uint8Array(32).fill(1)],
    ],
    'duplicate-leaf',
  ],
  ['a number of no leaf', 9, [[9, new Uint8Array(32).fill(1)]], 'invalid-stump'],
  ['half a number', 9, [[0.5, new Uint8Array(32).fill(1)]], 'invalid-stump'],
  ['an empty hash', 9, [[3, new Uint8Array(32)]], 'empty-hash'],
])('is not made of %s', (_, leaves, live, code) => {
  expect(() => Forest.restore(leaves, live)).toThrow(expect.objectContaining({ code }))
})

it('undoes any number of blocks, back to nothing', () => {
  fc.assert(
    fc.property(steps, (blocks) => {
      const newLeaf = leafMaker()
      const forest = new Forest()
      const live: Uint8Array[] = []
      const states: { stump: Stump; live: Uint8Array[] }[] = []
      const records: ForestUndo[] = []
      for (const { gone, come } of blocks) {
        states.push({ stump: forest.stump(), live: [...live] })
        const deleted = [...new Set(gone.map((pick) => live[pick % Math.max(live.length, 1)]))].filter(
          (leaf) => leaf !== undefined,
        )
        const added = Array.from({ length: come }, newLeaf)
        records.push(forest.modify(deleted, added))
        for (const leaf of deleted) live.splice(live.indexOf(leaf), 1)
        live.push(...added)
      }
      for (const record of records.reverse()) {
        forest.undo(record)
        const { stump, live: then } = states.pop()!
        expect(forest.stump().equals(stump)).toBe(true)
        expect(forest.liveLeaves).toBe(then.length)
        if (then.length > 0) stump.verify(forest.prove(then), then)
      }
    }),
    { numRuns: 300 },
  )
})

it('reads each place of each forest back from both forms', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.nat(60), fc.nat(), (leaves, row, pick) => {
      const rows = forestRows(leaves)
      const position = { row: row % (rows + 1), offset: 0 }
      const count = Math.floor(leaves / 2 ** position.row)
      if (count === 0) return
      const place = { row: position.row, offset: pick % count }
      expect(fromTarget(toTarget(place), leaves)).toEqual(place)
      expect(fromTarget(toCompactTarget(place, leaves), leaves)).toEqual(place)
    }),
  )
})

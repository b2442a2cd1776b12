import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromTargets, Places, risingOrder } from './places.ts'
import { forestRows, fromTarget, MAX_LEAVES, type Position, toCompactTarget, toTarget } from './positions.ts'

/** Numbers of leaves of every size, and a target that is often a good one. */
const cases = fc
  .tuple(fc.integer({ min: 0, max: 53 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bits, part]) => Math.min(MAX_LEAVES, Math.floor(2 ** bits * (1 + part))))
  .chain((leaves) =>
    fc.record({
      leaves: fc.constant(leaves),
      targets: fc.array(
        fc.oneof(
          fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
          fc.integer({ min: 0, max: 64 }).map((zeros) => ((1n << 64n) - 1n) ^ ((1n << BigInt(zeros)) - 1n)),
          fc
            .tuple(fc.integer({ min: 0, max: 53 }), fc.double({ min: 0, max: 1, noNaN: true }))
            .map(([row, part]) =>
              toTarget({ row, offset: Math.floor(part * Math.floor(leaves / 2 ** row)) }),
            ),
          fc
            .tuple(fc.integer({ min: 0, max: 53 }), fc.double({ min: 0, max: 1, noNaN: true }))
            .map(([row, part]) =>
              toCompactTarget({ row, offset: Math.floor((part * leaves) / 2 ** row) }, leaves),
            ),
        ),
        { maxLength: 20 },
      ),
    }),
  )

function one(target: bigint, leaves: number): Position | string {
  try {
    return fromTarget(target, leaves)
  } catch (error) {
    return String(error)
  }
}

it('reads targets by their words as it reads them one by one, and refuses the same', () => {
  fc.assert(
    fc.property(cases, ({ leaves, targets }) => {
      for (const target of targets) {
        const expected = one(target, leaves)
        const read = (): Places => fromTargets(BigUint64Array.of(target), leaves)
        if (typeof expected === 'string') {
          expect(read).toThrow(expect.objectContaining({ code: 'target-out-of-range', index: 0 }))
          continue
        }
        const { rows, offsets } = read()
        expect({ row: rows[0], offset: offsets[0] }).toEqual(expected)
        expect(fromTargets([target], leaves)).toEqual(read())
      }
    }),
    { numRuns: 500 },
  )
})

it('reads every place of the older form in a small forest, and nothing else', () => {
  for (let leaves = 0; leaves <= 70; leaves++) {
    const rows = forestRows(leaves)
    const places = new Map<bigint, Position>()
    for (let row = 0; row <= rows; row++)
      for (let offset = 0; offset < Math.floor(leaves / 2 ** row); offset++)
        places.set(toCompactTarget({ row, offset }, leaves), { row, offset })
    for (let target = 0n; target <= 1n << BigInt(rows + 2); target++)
      expect(one(target, leaves)).toEqual(
        places.get(target) ?? expect.stringContaining('target-out-of-range'),
      )
  }
})

it.each([1_000, 2 ** 40, MAX_LEAVES])(
  'sorts places by row and offset, in a forest of %i leaves',
  (leaves) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.double({ min: 0, max: 1, noNaN: true }))), (picked) => {
        const places = new Places(picked.length)
        picked.forEach(([row, part], index) =>
          places.set(index, { row, offset: Math.floor(part * (Math.floor(leaves / 2 ** row) - 1)) }),
        )
        const order = [...risingOrder(places, leaves)]
        expect([...order].sort((a, b) => a - b)).toEqual(picked.map((_, index) => index))
        for (let i = 1; i < order.length; i++) {
          const [a, b] = [order[i - 1]!, order[i]!]
          const [rowA, rowB] = [places.rows[a]!, places.rows[b]!]
          expect(rowA < rowB || (rowA === rowB && places.offsets[a]! <= places.offsets[b]!)).toBe(true)
        }
      }),
    )
  },
)

import { expect, it } from 'vitest'
import blockProof from './block-proof.fuzz.ts'

it.each([blockProof])('takes its seeds: $name', ({ seeds, run }) => {
  expect(seeds.map((bytes) => run(bytes))).toEqual(seeds.map(() => 'proved'))
  expect(seeds.length).toBeGreaterThan(8)
})

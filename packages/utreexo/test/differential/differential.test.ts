import { expect, it } from 'vitest'
import { Draw } from '../../../../tools/differential/draw.ts'
import hashes from './sha512-256.differential.ts'

// Millions of inputs: `npm run differential`.
it.each([...hashes])('$name: no difference in some inputs', ({ name, compare }) => {
  expect(compare(new Draw(name))).toBeGreaterThan(0)
})

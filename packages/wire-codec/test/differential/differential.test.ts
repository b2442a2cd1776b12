import { expect, it } from 'vitest'
import { Draw } from '../../../../tools/differential/draw.ts'
import sha256 from './sha256.differential.ts'
import siphash from './siphash.differential.ts'

// Millions of inputs: `npm run differential`.
it.each([...sha256, ...siphash])('$name: no difference in some inputs', ({ name, compare }) => {
  expect(compare(new Draw(name))).toBeGreaterThan(0)
})

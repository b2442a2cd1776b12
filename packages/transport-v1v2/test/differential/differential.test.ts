import { expect, it } from 'vitest'
import { Draw } from '../../../../tools/differential/draw.ts'
import ciphers from './ciphers.differential.ts'
import curve from './curve.differential.ts'

// Millions of inputs: `npm run differential`.
it.each([...ciphers, ...curve])('$name: no difference in some inputs', ({ name, compare }) => {
  expect(compare(new Draw(name))).toBeGreaterThan(0)
})

import { compareWithCore } from './core-vectors.ts'
import { validateChain } from './validate-chain.ts'

/** What the engine is worth by Core's own vectors, and that a whole chain passes it. */
export function report(): string {
  const { valid, invalid, leftOut, differences } = compareWithCore()
  const { stump, inputs } = validateChain()
  return [
    `agrees with Core on ${valid} valid and ${invalid} invalid transactions; ${leftOut} left out`,
    ...differences.map(({ file, number, about }) => `differs: ${file} ${number}: ${about.slice(0, 70)}`),
    `validated ${inputs} inputs of a chain that ends with ${stump.leaves} leaves`,
    '',
  ].join('\n')
}

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Allocation {
  readonly name: string
  readonly given: number
  readonly allocated: number
}

/** What README.md promises of every decoder. */
const MULTIPLE = 4
/** And beside it: the parts of a message that do not grow with it, or an error. */
const SLACK = 1024

/**
 * Measured in a process of its own whose young generation is so large that nothing is collected while a
 * payload is decoded: the growth of the heap is then all that was allocated, kept or not.
 */
function measure(): readonly Allocation[] {
  const flags = ['--expose-gc', '--max-semi-space-size=128', '--min-semi-space-size=128', '--import', 'tsx']
  const child = spawnSync(
    process.execPath,
    [...flags, '--conditions=@sapwood/source', join(import.meta.dirname, 'allocation.ts')],
    { encoding: 'utf8', cwd: join(import.meta.dirname, '..') },
  )
  if (child.status !== 0) throw new Error(child.stderr)
  return JSON.parse(child.stdout) as Allocation[]
}

describe('no decoder allocates more than 4 bytes for each that it is given', () => {
  for (const { name, given, allocated } of measure()) {
    it(`${name}: at most four times ${given} bytes`, () => {
      expect(allocated).toBeLessThanOrEqual(MULTIPLE * given + SLACK)
    })
  }
})

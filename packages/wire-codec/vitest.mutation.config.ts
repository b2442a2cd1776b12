import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

/**
 * The tests of what is mutated that are quick enough to run against every mutant:
 * not every message's properties, nor memory.
 */
const tests = [
  'src/{bytes,messages,primitives,utreexo,bloom,chain-work,filters}/*.test.ts',
  'src/addresses/{bip155,ip16}.test.ts',
  'test/{messages,core-outcomes,compact-blocks,basic-filter,bloom,partial-merkle-tree}.test.ts',
]

/** `defineProject` adds its own tests to those of another configuration: here only these are wanted. */
const { test, ...base } = defineProject('wire-codec')
const config: ViteUserConfig = { ...base, test: { ...test, include: tests } }

export default config

import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

/** The tests of what is mutated that are quick enough to run against every mutant: neither properties nor what measures memory. */
const tests = [
  'src/{bytes,messages,primitives,utreexo}/*.test.ts',
  'src/addresses/{bip155,ip16}.test.ts',
  'test/{messages,core-outcomes}.test.ts',
]

/** `defineProject` adds its own tests to those of another configuration: here only these are wanted. */
const { test, ...base } = defineProject('wire-codec')
const config: ViteUserConfig = { ...base, test: { ...test, include: tests } }

export default config

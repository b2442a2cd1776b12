import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

// None of these files minds what another has loaded: to load all of it for each takes longer than the tests.
const config: ViteUserConfig = defineProject('wire-codec', { test: { isolate: false } })

export default config

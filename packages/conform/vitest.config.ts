import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

// A whole run of the suite on a real bitcoind takes its time on a busy machine.
const config: ViteUserConfig = defineProject('conform', { test: { testTimeout: 300_000 } })

export default config

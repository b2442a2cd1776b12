import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

// A whole run of the suite on a real bitcoind takes its time on a busy machine; each case has a deadline of
// its own.
const config: ViteUserConfig = defineProject('conform', { test: { testTimeout: 1_200_000 } })

export default config

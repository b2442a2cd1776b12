import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

// Most of these tests start real programs, several each.
const config: ViteUserConfig = defineProject('integration', {
  test: { testTimeout: 120_000, hookTimeout: 300_000, globalSetup: ['./test/install-programs.ts'] },
})

export default config

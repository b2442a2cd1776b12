import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

// Most of these tests start real programs, several each: more time, and not every file at once.
const config: ViteUserConfig = defineProject('integration', {
  test: { testTimeout: 120_000, hookTimeout: 300_000 },
})

export default config

import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from './vitest.base.ts'

const config: ViteUserConfig = defineProject('tools', {
  test: { include: ['**/*.test.ts'], testTimeout: 120_000 },
})

export default config

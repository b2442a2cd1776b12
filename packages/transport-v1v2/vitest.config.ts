import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

const config: ViteUserConfig = defineProject('transport-v1v2')

export default config

import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

const config: ViteUserConfig = defineProject('cli')

export default config

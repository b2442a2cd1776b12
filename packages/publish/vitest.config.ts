import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

const config: ViteUserConfig = defineProject('publish')

export default config

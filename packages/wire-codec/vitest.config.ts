import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

const config: ViteUserConfig = defineProject('wire-codec')

export default config

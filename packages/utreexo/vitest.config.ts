import type { ViteUserConfig } from 'vitest/config'
import { defineProject } from '../../tools/vitest.base.ts'

const config: ViteUserConfig = defineProject('utreexo')

export default config

import { defineProject } from '../../tools/vitest.base.ts'

export default defineProject('integration')

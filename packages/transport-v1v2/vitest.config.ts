import { defineProject } from '../../tools/vitest.base.ts'

export default defineProject('transport-v1v2')

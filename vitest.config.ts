import { workers } from './tools/vitest.base.ts'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    maxWorkers: workers,
    projects: ['packages/*', 'tools'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'packages/integration/**'],
    },
  },
})

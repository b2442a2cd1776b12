import { availableParallelism } from 'node:os'
import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config'

/**
 * Test files at a time. Many wait for other programs, so that two cores take two; Vitest itself would leave
 * one idle.
 */
export const workers: number = Math.max(2, availableParallelism() - 1)

/**
 * One package's test project: workspace packages resolve to their TypeScript source, so nothing is built
 * first.
 */
export function defineProject(name: string, own: ViteUserConfig = {}): ViteUserConfig {
  return mergeConfig(
    defineConfig({
      ssr: { resolve: { conditions: ['@sapwood/source', 'module', 'node'] } },
      test: {
        name,
        include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
        // A busy machine takes its time for everything: what ends a wait for an event is a fault.
        testTimeout: 120_000,
        hookTimeout: 120_000,
        expect: { poll: { timeout: 60_000, interval: 20 } },
      },
    }),
    own,
  )
}

import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { programEnder } from './program-ender.ts'

it('a program that did not end by SIGTERM once is not waited for again', async () => {
  const clock = createVirtualClock()
  const end = programEnder(clock)
  const given: (number | undefined)[] = []
  const program = (signal: string | null, takes: number) => ({
    stop: async ({ timeout }: { readonly timeout?: number } = {}) => {
      given.push(timeout)
      await clock.advance(takes)
      return { code: signal === null ? 0 : null, signal }
    },
  })
  await end(program(null, 4_000))
  await end(program('SIGTERM', 4_000))
  // Not by us.
  await end(program('SIGKILL', 10))
  await end(program('SIGKILL', 5_001))
  await end(program('SIGKILL', 1))
  expect(given).toEqual([5_000, 5_000, 5_000, 5_000, 0])
})

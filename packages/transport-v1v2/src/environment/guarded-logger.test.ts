import { afterEach, beforeEach, expect, it } from 'vitest'
import { guardedLogger } from './guarded-logger.ts'
import { silentLogger } from './logger.ts'

const reached: unknown[] = []
const onReached = (error: unknown): void => void reached.push(error)
beforeEach(() => {
  reached.length = 0
  process.on('unhandledRejection', onReached)
})
afterEach(() => {
  process.off('unhandledRejection', onReached)
})

it('hands on what is logged, and loses what the logger throws or rejects with', async () => {
  const heard: unknown[] = []
  const logger = guardedLogger({
    debug: (fields, message) => void heard.push([fields, message]),
    info: () => {
      throw new Error('the program’s own')
    },
    warn: () => Promise.reject(new Error('the program’s own')) as never,
    error: undefined as never,
  })
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({ level }, 'said')
  await new Promise((resolve) => setImmediate(resolve))
  expect(heard).toEqual([[{ level: 'debug' }, 'said']])
  expect(reached).toEqual([])
})

it('wraps once, however many packages hand it on, and the silent one never', () => {
  const once = guardedLogger({ ...silentLogger })
  expect(guardedLogger(once)).toBe(once)
  expect(guardedLogger(undefined)).toBe(silentLogger)
})

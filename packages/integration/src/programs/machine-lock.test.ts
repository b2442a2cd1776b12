import { describe, expect, it } from 'vitest'
import { sleep } from './default-sleep.ts'
import { withMachineLock } from './machine-lock.ts'

describe('withMachineLock', () => {
  it('lets one at a time in, and the next when that has failed', async () => {
    const name = `test-${process.pid}`
    let inside = 0
    const enter = async (fail: boolean): Promise<void> => {
      await withMachineLock(name, async () => {
        inside += 1
        expect(inside).toBe(1)
        await sleep(5)
        inside -= 1
        if (fail) throw new Error('as asked')
      })
    }
    const results = await Promise.allSettled([enter(false), enter(true), enter(false), enter(true)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
  })
})

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sleep } from './default-sleep.ts'
import { withMachineLock } from './machine-lock.ts'
import { startProcess } from './start-process.ts'

describe('withMachineLock', () => {
  it.each(['linux', 'darwin'])(
    'lets one at a time in, and the next when that has failed: %s',
    async (platform) => {
      const name = `test-${platform}-${process.pid}`
      let inside = 0
      const enter = async (fail: boolean): Promise<void> => {
        await withMachineLock(
          name,
          async () => {
            inside += 1
            expect(inside).toBe(1)
            await sleep(5)
            inside -= 1
            if (fail) throw new Error('as asked')
          },
          platform,
        )
      }
      const results = await Promise.allSettled([enter(false), enter(true), enter(false), enter(true)])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    },
  )

  it('takes over from a process that was killed, where its lock is a file', async () => {
    const name = `killed-${process.pid}`
    const holder = await startProcess([
      process.execPath,
      '--conditions=@sapwood/source',
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      `import { withMachineLock } from ${JSON.stringify(join(import.meta.dirname, 'machine-lock.ts'))}
       await withMachineLock(${JSON.stringify(name)}, () => new Promise(() => { console.log('held'); setInterval(() => 0, 1e6) }), 'darwin')`,
    ])
    await holder.waitForOutput(/held/, 120_000)
    let entered = false
    const waiting = withMachineLock(name, () => Promise.resolve((entered = true)), 'darwin')
    await sleep(20)
    expect(entered).toBe(false)
    await holder.kill()
    await waiting
    expect(entered).toBe(true)
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BundledChild, bundleChild } from '../../../tools/bundle-child/bundle-child.ts'

let program: BundledChild
beforeAll(async () => {
  program = await bundleChild(new URL('support/life-child.ts', import.meta.url))
})
afterAll(() => program[Symbol.asyncDispose]())

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
}

async function run(waitsFor: string, kill?: number): Promise<Ended> {
  const child = spawn(process.execPath, [program.path, waitsFor], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  const timer = kill === undefined ? undefined : setTimeout(() => child.kill('SIGTERM'), kill)
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  clearTimeout(timer)
  return { code, signal, output }
}

describe.concurrent('a program whose node has nobody to talk to', () => {
  it.each(['events.next', 'waitForSync', 'waitForHeight', 'headerAt', 'connectPeer', 'follow'])(
    'waits in %s until its deadline, learns of it, and ends when the node has stopped',
    async (waitsFor) => {
      const { code, output } = await run(waitsFor)
      expect(code).toBe(0)
      const { outcome, waited } = JSON.parse(output) as { outcome: string; waited: number }
      // A stream whose signal fires is over.
      expect(outcome === 'resolved').toBe(waitsFor === 'follow')
      if (waitsFor !== 'connectPeer') expect(waited).toBeGreaterThan(1_400)
    },
  )

  it('is held by the running node, whatever it waits for itself', async () => {
    expect(await run('nothing', 4_000)).toMatchObject({ signal: 'SIGTERM', output: '' })
  })
})

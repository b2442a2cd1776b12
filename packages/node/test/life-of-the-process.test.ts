import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const CHILD = fileURLToPath(new URL('support/life-child.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
}

async function run(waitsFor: string, kill?: number): Promise<Ended> {
  const args = ['--import', 'tsx', '--conditions=@sapwood/source', CHILD, waitsFor]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
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

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { listenTcp } from '../tcp/listen-tcp.ts'
import { createTcpDialer } from '../tcp/tcp-dialer.ts'
import { withDeadline } from './deadline.ts'
import { systemClock } from './default-clock.ts'

const clockModule = fileURLToPath(new URL('./default-clock.ts', import.meta.url))
const HOUR = 3_600_000

/** Nothing else happens in this process meanwhile. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Runs a program of its own, with this repository's TypeScript sources. */
const program = (code: string): readonly string[] => [
  '--import',
  'tsx',
  '--input-type=module',
  '--eval',
  `import { systemClock } from ${JSON.stringify(clockModule)}\n${code}`,
]

afterEach(() => vi.restoreAllMocks())

describe('the system clock', () => {
  it.each([8 * HOUR, -8 * HOUR])('is not moved by a step of %d ms in the time of day', (step) => {
    const before = systemClock.now()
    const real = Date.now.bind(Date)
    vi.spyOn(Date, 'now').mockImplementation(() => real() + step)
    expect(Math.abs(systemClock.now() - before)).toBeLessThan(HOUR)
    expect(Math.abs(systemClock.wallTime() - (real() + step))).toBeLessThan(1_000)
    // What happened before the step is told by the clock as it is set now.
    expect(Math.abs(systemClock.wallTime(before) - (real() + step))).toBeLessThan(1_000)
    expect(Number.isInteger(systemClock.wallTime(before))).toBe(true)
  })

  it('fires a timer once, after its time, and not when it was cancelled', async () => {
    let fired = 0
    const begun = systemClock.now()
    systemClock.setTimer(5, () => (fired += 10))()
    await new Promise<void>((resolve) => {
      systemClock.setTimer(5, () => {
        fired += 1
        resolve()
      })
    })
    expect(systemClock.now() - begun).toBeGreaterThanOrEqual(4)
    expect(fired).toBe(1)
  })

  it('holds the process for a timer that somebody waits for, and for no other', () => {
    const holding = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = holding()
    const cancelIdle = systemClock.setTimer(HOUR, () => undefined, { idle: true })
    expect(holding()).toBe(before)
    const cancel = systemClock.setTimer(HOUR, () => undefined)
    expect(holding()).toBe(before + 1)
    cancel()
    cancelIdle()
    expect(holding()).toBe(before)
  })

  it('counts an answer that came while the process stood still past the deadline', async () => {
    const abort = new AbortController()
    await using listener = await listenTcp({ signal: abort.signal }, (stream) => {
      void stream.write(Uint8Array.of(42)).catch(() => undefined)
    })
    const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: listener.port } as const
    const stream = await createTcpDialer().dial(address, { signal: abort.signal })
    const answer = withDeadline(systemClock, 40, () => stream.read())
    standStill(60)
    expect(await answer).toEqual(Uint8Array.of(42))
    stream.abort(new Error('done'))
  })

  it('carries a deadline out that nothing came for, soon after the process goes on', async () => {
    const begun = systemClock.now()
    const waiting = withDeadline(systemClock, 20, () => new Promise(() => undefined))
    standStill(60)
    await expect(waiting).rejects.toThrow('Nothing within 20 ms')
    expect(systemClock.now() - begun).toBeGreaterThan(80)
  })

  it('survives being stopped and continued', async () => {
    const child = spawn(
      process.execPath,
      program(`
        const begun = systemClock.now()
        systemClock.setTimer(100, () => console.log('fired', systemClock.now() - begun >= 100))
        console.log('armed')`),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const output: string[] = []
    child.stdout.on('data', (data: Buffer) => output.push(String(data)))
    await once(child.stdout, 'data')
    child.kill('SIGSTOP')
    await new Promise<void>((resolve) => void systemClock.setTimer(200, resolve))
    child.kill('SIGCONT')
    const [code] = (await once(child, 'close')) as [number]
    expect(code).toBe(0)
    expect(output.join('')).toBe('armed\nfired true\n')
  })
})

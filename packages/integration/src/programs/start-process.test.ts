import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { runCommand } from './run-command.ts'
import { startProcess } from './start-process.ts'

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const untilGone = (pid: number): Promise<void> => expect.poll(() => isRunning(pid)).toBe(false)

describe('startProcess', () => {
  it('runs the program under the pid that it tells, and keeps what it writes', async () => {
    const running = await startProcess(['/bin/sh', '-c', 'echo $$; echo oops >&2; exit 3'])
    expect(await running.exited).toEqual({ code: 3, signal: null })
    expect(running.stdout.trim()).toBe(String(running.pid))
    expect(running.stderr).toBe('oops\n')
    expect(running.running).toBe(false)
  })

  it('stops it by a signal, and by SIGKILL when that does not help', async () => {
    const obedient = await startProcess(['sleep', '1000'])
    expect(await obedient.stop()).toEqual({ code: null, signal: 'SIGTERM' })
    const deaf = await startProcess(['/bin/sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done'])
    await deaf.waitForOutput(/ready/)
    expect(await deaf.stop({ timeout: 50 })).toEqual({ code: null, signal: 'SIGKILL' })
    await untilGone(obedient.pid)
    await untilGone(deaf.pid)
  })

  it('ends what the program started and left behind', async () => {
    const running = await startProcess(['/bin/sh', '-c', 'sleep 1000 & echo $!; exit 0'])
    await running.exited
    await untilGone(Number(running.stdout))
  })

  it('kills nobody once the program has ended: its pid may be another program by then', async () => {
    const running = await startProcess(['/bin/sh', '-c', 'exit 0'])
    await running.exited
    const kill = vi.spyOn(process, 'kill')
    try {
      expect(await running.kill()).toEqual({ code: 0, signal: null })
      expect(await running.stop()).toEqual({ code: 0, signal: null })
      expect(kill).not.toHaveBeenCalled()
    } finally {
      kill.mockRestore()
    }
  })

  it('waits for output, and says so when the program ends instead', async () => {
    await using running = await startProcess(['/bin/sh', '-c', 'echo port 1234; sleep 1000'])
    expect((await running.waitForOutput(/port (\d+)/))[1]).toBe('1234')
    await expect(running.waitForOutput(/never/, 20)).rejects.toMatchObject({ code: 'timeout' })
    const ended = await startProcess(['/bin/sh', '-c', 'echo gone >&2; exit 1'])
    await expect(ended.waitForOutput(/never/)).rejects.toMatchObject({
      code: 'process-exited',
      stderr: 'gone\n',
    })
  })

  it('reports a program that is not there by its exit code', async () => {
    const running = await startProcess(['/nonexistent/program'])
    expect(await running.exited).toEqual({ code: 127, signal: null })
    await expect(runCommand(['/nonexistent/program'])).rejects.toMatchObject({ code: 'command-failed' })
  })

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'leaves nothing when our own process dies of %s',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'sapwood-test-'))
      const module = JSON.stringify(join(import.meta.dirname, 'start-process.ts'))
      const script = `
      const { startProcess } = await import(${module})
      const running = await startProcess(['sleep', '1000'], { removeFolder: ${JSON.stringify(folder)} })
      console.log(running.pid)
      setInterval(() => undefined, 1000)`
      const tsx = join(import.meta.dirname, '../../../../node_modules/tsx/dist/loader.mjs')
      const ours = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = (await once(ours.stdout, 'data')) as [Buffer]
      const pid = Number(line.toString())
      expect(isRunning(pid)).toBe(true)
      ours.kill(signal)
      await untilGone(pid)
      await expect.poll(() => existsSync(folder)).toBe(false)
    },
  )
})

import { connect } from 'node:net'
import { IntegrationError } from '../errors/integration-error.ts'
import { monotonicTime, sleep } from './default-sleep.ts'
import type { RunningProcess } from './start-process.ts'

/** Milliseconds between two looks. */
const LOOK_INTERVAL = 20

/**
 * Waits until a program that was just started takes connections on a port of 127.0.0.1.
 * @throws IntegrationError `process-exited` when it ends instead, `timeout` when it does not within `timeout`
 * milliseconds.
 */
export async function waitForPort(running: RunningProcess, port: number, timeout = 20_000): Promise<void> {
  const deadline = monotonicTime() + timeout
  for (;;) {
    if (await accepts(port)) return
    const facts = { command: running.command, stderr: running.stderr }
    if (!running.running) {
      const exit = await running.exited
      throw new IntegrationError('process-exited', `${running.command.at(0) ?? ''} ended at its start`, {
        ...facts,
        stderr: running.stderr,
        exit,
      })
    }
    if (monotonicTime() > deadline) {
      throw new IntegrationError('timeout', `Nothing listened on port ${port} within ${timeout} ms`, facts)
    }
    await sleep(LOOK_INTERVAL)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

import { IntegrationError } from '../errors/integration-error.ts'
import { startTimer } from './default-sleep.ts'
import { startProcess } from './start-process.ts'

export interface RunCommandOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Milliseconds until it is killed; 60,000 by default. */
  readonly timeout?: number
}

/**
 * Runs a program to its end.
 * @returns the last 64 KiB of its standard output.
 * @throws IntegrationError `command-failed` when it ends otherwise than with exit code 0.
 */
export async function runCommand(
  command: readonly string[],
  options: RunCommandOptions = {},
): Promise<string> {
  const { timeout = 60_000, ...startOptions } = options
  const running = await startProcess(command, startOptions)
  const deadline = { passed: false }
  const cancel = startTimer(timeout, () => {
    deadline.passed = true
    void running.kill()
  })
  const exit = await running.exited
  cancel()
  if (exit.code === 0) return running.stdout
  const how = deadline.passed
    ? `not done after ${timeout} ms`
    : `ended with ${exit.signal ?? `exit code ${String(exit.code)}`}`
  const lastLines = running.stderr.trim().split('\n').slice(-3).join(' | ')
  const message = `${command.slice(0, 3).join(' ')}: ${how}${lastLines === '' ? '' : `: ${lastLines}`}`
  throw new IntegrationError('command-failed', message, { command, exit, stderr: running.stderr })
}

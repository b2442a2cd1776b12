import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { IntegrationError, type ProcessExit } from '../errors/integration-error.ts'
import { startTimer } from './default-sleep.ts'

/** How much of each output stream is kept, in characters; older output is dropped. */
const KEPT_OUTPUT = 65_536
/** How long `stop()` waits after its signal before it sends SIGKILL, in milliseconds. */
const STOP_TIMEOUT = 20_000

/**
 * Becomes the program (so its pid is the child's), and leaves a guard behind that waits on a pipe from us.
 * A line on the pipe releases the guard. The end of the pipe means that our process is gone, in whatever way
 * (even SIGKILL): the guard then ends the program and all it started, and removes its folder. The guard is in
 * the program's process group, which keeps the group's number from being given to another process meanwhile.
 */
const GUARD = `
folder=$1; shift
(
  trap '' HUP INT QUIT TERM
  read -r released <&3 && exit 0
  kill -KILL $$ 2>/dev/null
  if [ -n "$folder" ]; then rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; }; fi
  kill -KILL -- -$$
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`

/** How a program is started and watched. */
export interface StartProcessOptions {
  /** Added to the environment of our own process. */
  readonly environment?: Readonly<Record<string, string>>
  /** Working folder; that of our own process by default. */
  readonly cwd?: string
  /** A folder that is removed if our process dies before the program has been stopped. */
  readonly removeFolder?: string
}

/** How a program is ended. */
export interface StopOptions {
  /** Signal that asks the program to end, `SIGTERM` by default. */
  readonly signal?: NodeJS.Signals
  /** Milliseconds until SIGKILL, 20,000 by default. */
  readonly timeout?: number
}

/** A program that we started, and that does not outlive us. */
export interface RunningProcess extends AsyncDisposable {
  readonly command: readonly string[]
  readonly pid: number
  /** The last 65,536 characters of its standard output. */
  readonly stdout: string
  /** The last 65,536 characters of its standard error. */
  readonly stderr: string
  /** Whether it has not ended yet. */
  readonly running: boolean
  /**
   * Resolves when it has ended, however that came about; never rejects. Reading it keeps our process alive
   * until then.
   */
  readonly exited: Promise<ProcessExit>
  /**
   * Resolves with the first match in what has been written to either output so far, or is written later.
   * @throws IntegrationError `process-exited` when it ends first, `timeout` after `timeout` milliseconds.
   */
  waitForOutput(pattern: RegExp, timeout?: number): Promise<RegExpMatchArray>
  /** Asks it to end, waits, and uses SIGKILL at the deadline; also ends what it started itself. */
  stop(options?: StopOptions): Promise<ProcessExit>
  /** Ends it at once by SIGKILL. */
  kill(): Promise<ProcessExit>
}

class GuardedProcess implements RunningProcess {
  readonly command: readonly string[]
  readonly pid: number
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #guard: Socket
  readonly #ended: Promise<ProcessExit>
  readonly #listeners = new Set<() => void>()

  constructor(command: readonly string[], child: ChildProcess, pid: number) {
    this.command = command
    this.#child = child
    this.pid = pid
    this.#guard = child.stdio[3] as Socket
    this.#guard.on('error', () => undefined)
    this.#collect(child.stdout!, (text) => (this.stdout = (this.stdout + text).slice(-KEPT_OUTPUT)))
    this.#collect(child.stderr!, (text) => (this.stderr = (this.stderr + text).slice(-KEPT_OUTPUT)))
    const closed = once(child, 'close')
    this.#ended = once(child, 'exit').then(async ([code, signal]) => {
      // What it left in its group may hold its output open, and the guard does hold the pipe.
      this.#sweep()
      await closed
      return { code: code as number | null, signal: signal as string | null }
    })
    void this.#ended.then(() => this.#notify())
    // A program that nobody stops must not keep ours from ending: the guard then ends it.
    this.#setReferenced(false)
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get exited(): Promise<ProcessExit> {
    if (this.running) this.#setReferenced(true)
    return this.#ended
  }

  async waitForOutput(pattern: RegExp, timeout = 30_000): Promise<RegExpMatchArray> {
    return await new Promise((resolve, reject) => {
      this.#setReferenced(true)
      const finish = (settle: () => void): void => {
        this.#listeners.delete(look)
        cancel()
        this.#setReferenced(false)
        settle()
      }
      const look = (): void => {
        const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
        if (match) finish(() => resolve(match))
        else if (!this.running) {
          void this.#ended.then((exit) => finish(() => reject(this.#exitedError(exit))))
        }
      }
      const cancel = startTimer(timeout, () => {
        const message = `${this.#name} did not write ${String(pattern)} within ${timeout} ms`
        finish(() => reject(new IntegrationError('timeout', message, { stderr: this.stderr })))
      })
      this.#listeners.add(look)
      look()
    })
  }

  async stop(options: StopOptions = {}): Promise<ProcessExit> {
    this.#setReferenced(true)
    if (this.running) {
      this.#child.kill(options.signal ?? 'SIGTERM')
      const cancel = startTimer(options.timeout ?? STOP_TIMEOUT, () => this.#sweep())
      await this.#ended
      cancel()
    }
    return await this.#ended
  }

  async kill(): Promise<ProcessExit> {
    this.#setReferenced(true)
    // What has ended has been swept, and its pid may be another's by now.
    if (this.running) {
      this.#child.kill('SIGKILL')
      this.#sweep()
    }
    return await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #name(): string {
    return this.command.at(-1) === undefined ? 'a program' : this.command[0]!
  }

  #exitedError(exit: ProcessExit): IntegrationError {
    const how = exit.signal === null ? `exit code ${String(exit.code)}` : exit.signal
    const details = { command: this.command, exit, stderr: this.stderr }
    return new IntegrationError('process-exited', `${this.#name} ended by itself (${how})`, details)
  }

  #collect(stream: Readable, keep: (text: string) => void): void {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      keep(text)
      this.#notify()
    })
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** Ends the guard and whatever else the program has left in its process group. */
  #sweep(): void {
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {
      // The group is empty: nothing was left.
    }
    this.#guard.destroy()
  }

  #setReferenced(referenced: boolean): void {
    const handles = [this.#child, this.#child.stdout, this.#child.stderr] as readonly (
      | ChildProcess
      | Socket
    )[]
    for (const handle of handles) {
      if (referenced) handle.ref()
      else handle.unref()
    }
    this.#guard.unref()
  }
}

/**
 * Starts a program that cannot outlive our process: it is ended when it is stopped, when our process exits,
 * and also when that is killed by SIGKILL. It has no standard input, and a process group of its own.
 * @param command the executable and its arguments.
 * @throws IntegrationError `command-failed` when it cannot be started.
 */
export async function startProcess(
  command: readonly string[],
  options: StartProcessOptions = {},
): Promise<RunningProcess> {
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', options.removeFolder ?? '', ...command], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...options.environment },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  })
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw new IntegrationError('command-failed', `could not start ${command.join(' ')}`, { cause, command })
  }
  return new GuardedProcess(command, child, child.pid!)
}

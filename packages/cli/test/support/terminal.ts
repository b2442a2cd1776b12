import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Program } from '@sapwood/integration'

/**
 * A real terminal, which tmux keeps: it can be typed into, made smaller, and looked at. tmux tells by its
 * control mode when something has been written to it.
 * https://github.com/tmux/tmux/wiki/Control-Mode
 */
export class Terminal implements AsyncDisposable {
  readonly #tmux: ChildProcessWithoutNullStreams
  readonly #replies: ((lines: readonly string[]) => void)[] = []
  #reply: string[] | undefined
  #rest = ''
  #written = (): void => undefined

  private constructor(tmux: ChildProcessWithoutNullStreams) {
    this.#tmux = tmux
    tmux.stdin.on('error', () => undefined)
    tmux.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split(/\r?\n/)
      this.#rest = lines.pop()!
      for (const line of lines) this.#onLine(line)
    })
  }

  /** @param command Is run by a shell, in a terminal of this size. */
  static async open(program: Program, command: string, columns: number, rows: number): Promise<Terminal> {
    const [file, ...before] = program.command
    const socket = `sapwood-${process.pid}-${Terminal.#count++}`
    const size = ['-x', String(columns), '-y', String(rows)]
    const args = [...before, '-L', socket, '-f', '/dev/null', '-C', 'new-session', ...size, command]
    // Ours may be a terminal of tmux itself.
    const env = { ...process.env, ...program.environment, TERM: 'xterm', LC_ALL: 'C.UTF-8', TMUX: undefined }
    const terminal = new Terminal(spawn(file!, args, { env }))
    await new Promise<void>((resolve) => terminal.#replies.push(() => resolve()))
    await terminal.ask(`refresh-client -C ${columns},${rows}`)
    return terminal
  }

  static #count = 0

  /** What tmux answers to one of its own commands. */
  async ask(command: string): Promise<string> {
    const reply = new Promise<readonly string[]>((resolve) => this.#replies.push(resolve))
    this.#tmux.stdin.write(`${command}\n`)
    return (await reply).join('\n')
  }

  /** What can be seen. */
  screen(): Promise<string> {
    return this.ask('capture-pane -p')
  }

  /** Waits until the screen shows this. @returns the screen. */
  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const written = new Promise<void>((resolve) => {
        this.#written = resolve
      })
      const screen = await this.screen()
      if (pattern.test(screen)) return screen
      await written
    }
  }

  /** Presses keys, by tmux's names; text as it is. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.ask(`send-keys ${keys.map((key) => `'${key}'`).join(' ')}`)
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.ask(`refresh-client -C ${columns},${rows}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#tmux.exitCode !== null) return
    const ended = once(this.#tmux, 'close')
    this.#tmux.stdin.write('kill-server\n')
    await ended
  }

  #onLine(line: string): void {
    if (/^%(end|error) /.test(line)) {
      const lines = this.#reply ?? []
      this.#reply = undefined
      this.#replies.shift()?.(lines)
    } else if (this.#reply !== undefined) this.#reply.push(line)
    else if (line.startsWith('%begin ')) this.#reply = []
    else if (line.startsWith('%output ') || line.startsWith('%layout-change ')) this.#written()
  }
}

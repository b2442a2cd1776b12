import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

interface Message {
  readonly id?: number
  readonly told?: string
  readonly value?: unknown
  readonly error?: string
  readonly facts?: unknown
}

/** Of what a child wrote to its standard error, the end. */
const KEPT_ERRORS = 4_000

/** How a child is run. */
export interface ChildOptions {
  /** What Node.js is given before the script. */
  readonly flags?: readonly string[]
  /** A command that becomes Node.js, with its arguments: how it is scheduled. Default: none. */
  readonly runner?: readonly string[]
}

/** A process beside this one that answers questions (its side is `child-side.ts`). */
export class Child implements AsyncDisposable {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  readonly #process: ChildProcess
  readonly #asked = new Map<number, (message: Message) => void>()
  readonly #told = new Map<string, (facts: unknown) => void>()
  #errors = ''
  #nextId = 0
  #stopping = false

  /** @param script Beside this file. @param orders Its first argument, as JSON. */
  constructor(script: string, orders: object = {}, { flags = [], runner = [] }: ChildOptions = {}) {
    const file = fileURLToPath(new URL(script, import.meta.url))
    const [command, ...args] = [
      ...runner,
      process.execPath,
      ...flags,
      ...['--import', 'tsx', '--conditions=@sapwood/source', file, JSON.stringify(orders)],
    ]
    this.#process = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#process.stderr!.on('data', (bytes: Buffer) => {
      this.#errors = (this.#errors + bytes.toString()).slice(-KEPT_ERRORS)
    })
    this.#process.on('message', (message: Message) => {
      if (message.told !== undefined) this.#told.get(message.told)?.(message.facts)
      else this.#asked.get(message.id!)?.(message)
    })
    this.ended = once(this.#process, 'close').then(() => {
      for (const settle of this.#asked.values()) settle({ error: 'the process has ended' })
    })
  }

  get pid(): number {
    return this.#process.pid!
  }

  get alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Why it ended by itself; undefined while it lives and where it was told to. */
  get death(): string | undefined {
    if (this.alive || this.#stopping) return undefined
    const how = this.#process.signalCode ?? `exit code ${String(this.#process.exitCode)}`
    return `${how}: ${this.#errors.trim().split('\n').slice(0, 12).join(' | ')}`
  }

  /** What it wrote to its standard error, the end of it. */
  get errors(): string {
    return this.#errors
  }

  /** @throws Error where it ends before it tells that. */
  async told<T>(what: string): Promise<T> {
    const told = new Promise<T>((resolve) => this.#told.set(what, (facts) => resolve(facts as T)))
    const ended = this.ended.then(() => {
      throw new Error(`It ended before "${what}": ${this.death ?? ''}`)
    })
    ended.catch(() => undefined)
    return await Promise.race([told, ended])
  }

  /** @throws Error where it fails, or the process ends meanwhile. */
  async ask<T>(ask: string, facts: object = {}): Promise<T> {
    if (!this.alive) throw new Error('the process has ended')
    const id = this.#nextId++
    const message = await new Promise<Message>((resolve) => {
      this.#asked.set(id, resolve)
      this.#process.send({ ask, id, facts }, () => undefined)
    })
    this.#asked.delete(id)
    if (message.error !== undefined) throw new Error(message.error)
    return message.value as T
  }

  /** It stands still, and takes no time of the processor, until it is thawed. */
  freeze(): void {
    this.#process.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    if (this.alive) this.#process.kill('SIGKILL')
    await this.ended
  }
}

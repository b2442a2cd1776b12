import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { bytesToHex } from '@sapwood/wire-codec'
import { type Clock, withDeadline } from '@sapwood/transport-v1v2/environment'
import { type Ability, type Driver, DriverError } from './driver.ts'

/** Characters of a line at the most; a longer one is no answer. */
const MAX_LINE = 1_048_576
/** Characters of its standard error that are kept for the text of an error. */
const KEPT_ERRORS = 2_000
/** Milliseconds that it has after its standard input ended before it is killed, at the most. */
const GRACE = 2_000

const ABILITIES: readonly Ability[] = ['mine', 'time', 'pay']

/** What it is asked, and the names of what it may answer. */
interface Question {
  readonly ask: Ability | 'abilities'
  readonly [fact: string]: string | number
}
type Answer = Readonly<Partial<Record<'abilities' | 'hashes' | 'txid' | 'error', unknown>>>

/**
 * Drives a target by a program in any language. It is asked by a line of JSON on its standard input, and
 * answers each by a line of JSON on its standard output:
 *
 * - `{"ask":"abilities"}` → `{"abilities":["mine","time","pay"]}`, those that it has
 * - `{"ask":"mine","count":1}` → `{"hashes":["…"]}`
 * - `{"ask":"time","seconds":1800000000}` → `{}`
 * - `{"ask":"pay","script":"51","satoshi":"20000"}` → `{"txid":"…"}`
 *
 * `{"error":"…"}` says that it could not. The end of its input is the end of the run.
 * @param timeout milliseconds that it may take until it has said what it can do, and to end.
 * @throws DriverError `unusable`
 */
export async function openExecutableDriver(path: string, clock: Clock, timeout: number): Promise<Driver> {
  // Whoever closes it waits no longer than for anything else.
  const grace = Math.min(GRACE, timeout / 2)
  const program = new DriverProgram(resolve(path), clock, grace)
  let abilities: unknown
  try {
    await program.started
    const late = new DriverError('timeout', `no answer within ${timeout} ms`)
    const hello = () => program.ask({ ask: 'abilities' })
    abilities = (await withDeadline(clock, timeout, hello, { reason: () => late })).abilities
    if (!Array.isArray(abilities)) throw new DriverError('bad-answer', 'abilities: not a list')
  } catch (error) {
    await program.end()
    const why = error instanceof Error ? error.message : String(error)
    throw new DriverError('unusable', `${path}: ${why}${program.said}`, { cause: error })
  }
  const has = (ability: Ability): boolean => (abilities as readonly unknown[]).includes(ability)
  const unknown = (abilities as readonly unknown[]).filter((name) => !ABILITIES.includes(name as Ability))
  if (unknown.length > 0) {
    await program.end()
    throw new DriverError(
      'unusable',
      `${path}: abilities are ${ABILITIES.join(', ')}, not ${String(unknown[0])}`,
    )
  }
  return {
    ...(has('mine') && {
      mine: async (count) => (await program.ask({ ask: 'mine', count })).hashes as readonly string[],
    }),
    ...(has('time') && {
      setTime: async (seconds) => {
        await program.ask({ ask: 'time', seconds })
      },
    }),
    ...(has('pay') && {
      pay: async (script, satoshi) =>
        (await program.ask({ ask: 'pay', script: bytesToHex(script), satoshi: String(satoshi) }))
          .txid as string,
    }),
    close: () => program.end(),
  }
}

interface Waiting {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: DriverError) => void
}

/** A program that is asked one thing at a time. It ends with our process, by the end of its input. */
class DriverProgram {
  readonly started: Promise<unknown>
  readonly #clock: Clock
  readonly #grace: number
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #waiting: Waiting | undefined
  #over: DriverError | undefined
  #line = ''
  #errors = ''
  #isSwept = false

  constructor(path: string, clock: Clock, grace: number) {
    this.#clock = clock
    this.#grace = grace
    // A group of its own, so that what it has started ends with it.
    this.#child = spawn(path, [], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    this.started = once(this.#child, 'spawn')
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve))
    const { stdin, stdout, stderr } = this.#child
    stdin!.on('error', () => undefined)
    stdout!.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-KEPT_ERRORS)
    })
    this.#child.on('error', (error) => this.#fail('ended', error.message))
    this.#child.once('exit', () => {
      // What it has left in its group ends with it. Later its pid may be another program's.
      this.#kill()
      this.#isSwept = true
    })
    this.#child.on('close', (code, signal) => {
      this.#fail('ended', `the driver ended (${signal ?? `exit code ${String(code)}`})${this.said}`)
    })
  }

  /** What it wrote to its standard error, for the text of an error. */
  get said(): string {
    return this.#errors === '' ? '' : `; it said: ${this.#errors.trim()}`
  }

  async ask(question: Question): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over)
        return
      }
      this.#waiting = { resolve, reject }
      this.#child.stdin!.write(`${JSON.stringify(question)}\n`)
    })
    if (answer.error !== undefined) {
      const why = typeof answer.error === 'string' ? answer.error : JSON.stringify(answer.error)
      throw new DriverError('refused', `${question.ask}: ${why}`)
    }
    return answer
  }

  /** Ends its input, and the program where it does not end by that. */
  async end(): Promise<void> {
    this.#child.stdin!.end()
    // It still owes an answer: it hangs.
    if (this.#waiting !== undefined) this.#kill()
    const cancel = this.#clock.setTimer(this.#grace, () => this.#kill())
    await this.#closed
    cancel()
  }

  #kill(): void {
    try {
      if (this.#child.pid !== undefined && !this.#isSwept) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // The group is empty.
    }
  }

  #read(text: string): void {
    this.#line += text
    for (let end = this.#line.indexOf('\n'); end !== -1; end = this.#line.indexOf('\n')) {
      const line = this.#line.slice(0, end)
      this.#line = this.#line.slice(end + 1)
      this.#answer(line)
    }
    if (this.#line.length > MAX_LINE) this.#fail('bad-answer', 'a line that does not end')
  }

  #answer(line: string): void {
    const waiting = this.#waiting
    const answer = parsed(line)
    const shown = line.slice(0, 200)
    if (waiting === undefined) this.#fail('bad-answer', `a line that nobody asked for: ${shown}`)
    else if (answer === undefined) this.#fail('bad-answer', `not an object of JSON: ${shown}`)
    else {
      this.#waiting = undefined
      waiting.resolve(answer)
    }
  }

  /** From here on it is asked nothing: which question a later line would answer, nobody knows. */
  #fail(code: DriverError['code'], message: string): void {
    if (this.#over !== undefined) return
    this.#over = new DriverError(code, message)
    this.#line = ''
    this.#child.stdout?.removeAllListeners('data').resume()
    this.#waiting?.reject(this.#over)
    this.#waiting = undefined
    this.#kill()
  }
}

function parsed(line: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

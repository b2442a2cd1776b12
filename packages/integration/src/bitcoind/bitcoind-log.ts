import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { IntegrationError, type IntegrationErrorDetails } from '../errors/integration-error.ts'
import { monotonicTime, sleep } from '../programs/default-sleep.ts'

/** Milliseconds between two looks at the file. */
const LOOK_INTERVAL = 25
/** Longest that a line may take to come by default, in milliseconds. */
const EXPECT_TIMEOUT = 10_000
/** Bytes of the log that are looked through, from its end. */
const MOST_READ = 67_108_864
/** Lines of it that an error shows. */
const LINES_SHOWN = 20
/** Bytes that such lines are looked for in, from its end: an error may be thrown often, and a log be long. */
const TAIL_READ = 65_536

/** How long, and from where on, a log is looked through. */
export interface ExpectLogOptions {
  /** Milliseconds. Default: 10,000. */
  readonly timeout?: number
  /** Only what was written after this, a `mark()` of before. Default: all of it. */
  readonly since?: number
}

/** bitcoind's `debug.log`, as it grows. */
export class BitcoindLog {
  readonly file: string

  constructor(file: string) {
    this.file = file
  }

  /** Where the log ends now, for `since`. */
  mark(): number {
    return statSync(this.file, { throwIfNoEntry: false })?.size ?? 0
  }

  /** What it holds, its last 64 MiB at the most. @param since a `mark()` of before. */
  text(since = 0): string {
    const size = this.mark()
    const start = Math.max(since, size - MOST_READ)
    if (start >= size) return ''
    const bytes = Buffer.alloc(size - start)
    let file: number
    try {
      file = openSync(this.file, 'r')
    } catch (error) {
      // Its folder was removed meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw error
    }
    try {
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, start))
    } finally {
      closeSync(file)
    }
  }

  /** Its last lines, as many as its last 64 KiB have. */
  tail(lines: number = LINES_SHOWN): string {
    const from = Math.max(0, this.mark() - TAIL_READ)
    const whole = this.text(from).trimEnd().split('\n')
    // The first one was cut, where there was something before it.
    return whole
      .slice(from > 0 && whole.length > 1 ? 1 : 0)
      .slice(-lines)
      .join('\n')
  }

  /**
   * Waits until a line is there, one that was written before included.
   * @throws IntegrationError `timeout`
   */
  async expect(pattern: RegExp, options: ExpectLogOptions = {}): Promise<RegExpMatchArray> {
    const { timeout = EXPECT_TIMEOUT, since = 0 } = options
    const deadline = monotonicTime() + timeout
    // One that remembers where it was would skip what comes later.
    const wanted = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
    for (;;) {
      const match = wanted.exec(this.text(since))
      if (match !== null) return match
      if (monotonicTime() > deadline) {
        const message = `bitcoind did not log ${String(pattern)} within ${timeout} ms`
        const details = { expected: String(pattern), received: this.tail() }
        throw new IntegrationError('timeout', message, { ...details, ...lastLines(this) })
      }
      await sleep(LOOK_INTERVAL)
    }
  }

  /** Makes sure that no such line was written since a mark. @throws IntegrationError `check-failed` */
  expectNothing(pattern: RegExp, since = 0): void {
    const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(this.text(since))
    if (match === null) return
    const message = `bitcoind logged what it was not to: ${match[0]}`
    throw new IntegrationError('check-failed', message, {
      expected: `no ${String(pattern)}`,
      received: match[0],
      ...lastLines(this),
    })
  }
}

/**
 * What an error shows of logs: the last lines of each that has any, under its name where they are several.
 */
export function lastLines(...logs: readonly BitcoindLog[]): Pick<IntegrationErrorDetails, 'log'> {
  const tails = logs.flatMap((log) => {
    const tail = log.tail()
    if (tail === '') return []
    return [logs.length > 1 ? `${log.file}:\n${tail}` : tail]
  })
  return tails.length === 0 ? {} : { log: tails.join('\n') }
}

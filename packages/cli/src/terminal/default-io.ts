import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import type { Io } from './io.ts'

/** Bytes of output that wait to be read, at most: whoever leaves so many does not read at all. */
const MAX_UNREAD = 0x10000000

/**
 * The process's own streams.
 * @param onEnd Is told once that nothing more can be written, and what the process is to end with: who closes
 * our output has seen enough, and who does not read it cannot be waited for.
 */
export function processIo(onEnd: (exitCode: ExitCode) => void): Io & {
  /** Waits until all that was written has been taken. */
  flush(): Promise<void>
} {
  const { stdout, stderr, stdin } = process
  const waiting = new Set<() => void>()
  let ended = false
  const end = (exitCode: ExitCode): void => {
    if (ended) return
    ended = true
    for (const wake of waiting) wake()
    onEnd(exitCode)
  }
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
    )
  }
  stdout.on('drain', () => {
    for (const wake of waiting) wake()
  })
  const until = (begin: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake)
        resolve()
      }
      begin(wake)
    })
  return {
    out: (data) => {
      if (ended) return
      stdout.write(data)
      if (stdout.writableLength > MAX_UNREAD) end(EXIT.failed)
    },
    err: (text) => void stderr.write(text),
    ready: () =>
      ended || !stdout.writableNeedDrain ? Promise.resolve() : until((wake) => waiting.add(wake)),
    flush: async () => {
      for (const stream of [stdout, stderr]) {
        if (ended || stream.writableLength === 0) continue
        await until((wake) => {
          stream.write('', wake)
          waiting.add(wake)
        })
      }
    },
    isTerminal: stdout.isTTY,
    errIsTerminal: stderr.isTTY,
    get columns() {
      return stdout.isTTY ? stdout.columns : 80
    },
    get rows() {
      return stdout.isTTY ? stdout.rows : 24
    },
    input: () => stdin,
  }
}

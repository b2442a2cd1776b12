import { buffer } from 'node:stream/consumers'
import type { Io } from './io.ts'

/**
 * The process's own streams. Who closes our output has seen enough: that ends the process, without a word.
 */
export function processIo(): Io {
  const { stdout, stderr, stdin } = process
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1)
    })
  }
  return {
    out: (data) => void stdout.write(data),
    err: (text) => void stderr.write(text),
    isTerminal: stdout.isTTY,
    errIsTerminal: stderr.isTTY,
    get columns() {
      return stdout.isTTY ? stdout.columns : 80
    },
    get rows() {
      return stdout.isTTY ? stdout.rows : 24
    },
    readIn: () => buffer(stdin),
  }
}

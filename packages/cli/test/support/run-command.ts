import { Readable } from 'node:stream'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { run } from '../../src/program.ts'
import type { Screen } from '../../src/terminal/screen.ts'

/** What a command line came to. */
export interface Ran {
  readonly exitCode: number
  readonly out: string
  readonly bytes: Uint8Array
  readonly err: string
  /** The lines of `--json`. */
  lines(): readonly Record<string, unknown>[]
}

/** How it is run. */
interface RunOptions {
  readonly signal?: AbortSignal
  readonly openScreen?: () => Promise<Screen>
  readonly input?: string | Uint8Array | AsyncIterable<Uint8Array>
  /** Is told of each piece of the output. */
  readonly onOut?: (text: string) => void
}

/** Runs the command in this process, as `main.ts` does in one of its own. */
export async function sapwood(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out: Uint8Array[] = []
  let err = ''
  const { input = '' } = options
  const exitCode = await run(args, {
    clock: systemClock,
    signal: options.signal ?? new AbortController().signal,
    ...(options.openScreen !== undefined && { openScreen: options.openScreen }),
    io: {
      out: (data) => {
        const bytes = typeof data === 'string' ? Buffer.from(data) : data
        out.push(bytes)
        options.onOut?.(Buffer.from(bytes).toString())
      },
      ready: () => Promise.resolve(),
      err: (text) => {
        err += text
      },
      isTerminal: false,
      errIsTerminal: false,
      columns: 80,
      rows: 24,
      input: () =>
        Readable.from(
          typeof input === 'string' || input instanceof Uint8Array ? [Buffer.from(input)] : input,
        ),
    },
  })
  const bytes = Buffer.concat(out)
  return {
    exitCode,
    out: bytes.toString(),
    bytes,
    err,
    lines: () =>
      bytes
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One of the twelve things that somebody new wants to do. */
export interface NewcomerTask {
  readonly title: string
  /** Its program, below `tasks`. */
  readonly file: string
}

/** All of them; each checks its own result. */
export const NEWCOMER_TASKS: readonly NewcomerTask[] = [
  { title: 'decode a block and list its txids', file: 'decode-block.mjs' },
  { title: 'build and match a filter', file: 'match-filter.mjs' },
  { title: 'parse every form of address', file: 'parse-addresses.mjs' },
  { title: 'v2 session id', file: 'session-id.mjs' },
  { title: '2,000 headers', file: 'headers.mjs' },
  { title: 'one block', file: 'fetch-block.mjs' },
  { title: 'send and see it in the mempool', file: 'send-transaction.mjs' },
  { title: 'watch a script over a reorg', file: 'watch-script.mjs' },
  { title: 'SOCKS5 with isolation', file: 'socks5-isolation.mjs' },
  { title: 'serve blocks to a bitcoind', file: 'serve-blocks.mjs' },
  { title: 'capture and read back', file: 'capture.mjs' },
  { title: 'Prometheus', file: 'metrics.mjs' },
]

/** Where their programs are. */
export const TASKS_FOLDER = join(import.meta.dirname, 'tasks')

/** A name that a program takes from a package. */
export interface ImportedName {
  readonly name: string
  /** The package, without the entry. */
  readonly from: string
}

/** What a program takes from packages of ours. */
export function ownImports(file: string): readonly ImportedName[] {
  const text = readFileSync(join(TASKS_FOLDER, file), 'utf8')
  return [...text.matchAll(/^import \{([^}]+)\} from '(@sapwood\/[^/']+)[^']*'$/gm)].flatMap(
    ([, names = '', from = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => ({ name, from })),
  )
}

/** Of those the ones that the package's README does not name: a newcomer would not find them. */
export function unnamedImports(file: string, readmeOf: (from: string) => string): readonly string[] {
  return ownImports(file)
    .filter(({ name, from }) => !new RegExp(`\\b${name}\\b`).test(readmeOf(from)))
    .map(({ name, from }) => `${name} of ${from}`)
}

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import ts from 'typescript'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'docs/examples')
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const listed = readFileSync(join(folder, 'README.md'), 'utf8')
/** Lines of an example, at most. */
const MAX_LINES = 60

/** The twelve things that somebody new wants to do. */
const TASKS = [
  'decode a block and list its txids',
  'build and match a filter',
  'parse every form of address',
  'v2 session id',
  '2,000 headers',
  'one block',
  'send and see it in the mempool',
  'watch a script over a reorg',
  'SOCKS5 with isolation',
  'serve blocks to a bitcoind',
  'capture and read back',
  'Prometheus',
]

describe('docs/examples', () => {
  it.each(names)('%s is short, plain JavaScript, and says what it needs', (name) => {
    const text = readFileSync(join(folder, name, 'main.mjs'), 'utf8')
    expect(text.split('\n').length).toBeLessThanOrEqual(MAX_LINES)
    const source = ts.createSourceFile('main.mjs', text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS)
    // Node.js 20 knows no `using`.
    expect(text).not.toMatch(/^\s*(await )?using /m)
    const imported = source.statements
      .filter(ts.isImportDeclaration)
      .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text)
      .filter((specifier) => !specifier.startsWith('node:'))
      .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
    const { dependencies } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    expect(Object.keys(dependencies).sort()).toEqual([...new Set(imported)].sort())
  })

  it('are all in the list, with the twelve tasks of a newcomer', () => {
    for (const name of names) expect(listed).toContain(`[${name}](${name}/main.mjs)`)
    for (const task of TASKS) expect(listed).toContain(`| ${task} |`)
  })
})

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { entriesOf } from '../api/entries.ts'
import { type DocExample, docExamples, programOf, showsSomething } from './doc-examples.ts'

const root = resolve(import.meta.dirname, '../..')
const entries = entriesOf(root)
/** How many there are to be, at least. */
const MIN_EXAMPLES = 60

function run(examples: readonly DocExample[]): string {
  // Below the root, so that the packages are found as they are by a program that has installed them.
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache/doc-examples-'))
  try {
    const file = join(folder, 'examples.mts')
    writeFileSync(file, programOf(examples, entries))
    const args = ['--import', 'tsx', '--conditions=@sapwood/source', file]
    return execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it('what the examples of exported names show is what they give', () => {
  const examples = docExamples(entries).filter(showsSomething)
  expect(examples.length).toBeGreaterThanOrEqual(MIN_EXAMPLES)
  expect(run(examples)).toBe(`${examples.length} examples ran\n`)
})

it('one that shows something else, or fails, is told of', () => {
  const example = (code: string): DocExample => ({ name: 'one', specifier: '@sapwood/wire-codec', code })
  const examples = [example("bytesToHex(Uint8Array.of(1)) // '02'"), example("hexToBytes('0') // 1")]
  expect(run(examples)).toBe(
    [
      "one of @sapwood/wire-codec shows '02', and gives '01'",
      'one of @sapwood/wire-codec fails: SyntaxError: Hex of odd length 1',
      '2 examples ran\n',
    ].join('\n'),
  )
  expect(showsSomething(example('// only words'))).toBe(false)
})

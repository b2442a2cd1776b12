import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { installedDependencies, unwrittenDependencies } from './written-dependencies.ts'

const root = resolve(import.meta.dirname, '../..')

it('every package that an installation brings along is written down, and none that it does not', () => {
  expect(unwrittenDependencies(root)).toEqual([])
  expect(installedDependencies(root).map(({ name }) => name)).toContain('@noble/hashes')
})

it('one that is new, gone or of another version is found', () => {
  const copy = mkdtempSync(join(tmpdir(), 'sapwood-dependencies-'))
  try {
    mkdirSync(join(copy, 'docs'))
    cpSync(join(root, 'package-lock.json'), join(copy, 'package-lock.json'))
    const text = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
    writeFileSync(
      join(copy, 'docs/dependencies.md'),
      text.replace(/^\| `socks` .*\n/m, '| `left-pad` | 1.3.0 | |\n').replaceAll('`vitest`', ''),
    )
    expect(unwrittenDependencies(copy)).toEqual([
      'vitest is used where it is installed, and is not in docs/dependencies.md',
      expect.stringMatching(/^socks .* comes with the packages/) as string,
      'left-pad 1.3.0 is in docs/dependencies.md, and does not come with the packages',
    ])
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})

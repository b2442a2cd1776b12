import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { uncitedFiles } from './uncited-files.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-sources-'))
  mkdirSync(join(folder, 'a'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('names the files that do not say at their head where it is written down, and those that are gone', () => {
  const head = '/**\n * Garbage.\n * https://example.org/bip-0324.md\n * @module\n */\n'
  writeFileSync(join(folder, 'a/good.ts'), `${head}export const A = 1\n`)
  writeFileSync(join(folder, 'a/late.ts'), `import './good.ts'\n${head}`)
  writeFileSync(join(folder, 'a/other.ts'), head.replace('0324', '0037'))
  writeFileSync(join(folder, 'a/no-module.ts'), head.replace(' * @module\n', ''))
  const lacks = (file: string): string => `${file} has no head with @module and a link to bip-0324`
  expect(uncitedFiles(folder, { 'a/': 'bip-0324', 'gone.ts': 'bip-0001' })).toEqual([
    lacks('a/late.ts'),
    lacks('a/no-module.ts'),
    lacks('a/other.ts'),
    'gone.ts is not there',
  ])
  expect(uncitedFiles(folder, { 'a/good.ts': 'bip-0324' })).toEqual([])
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { doubledConstants } from './doubled-constants.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sapwood-constants-'))
  for (const folder of ['a', 'b']) mkdirSync(join(root, folder))
})
afterEach(() => rmSync(root, { recursive: true }))

it('finds a number that has one name and one value in two files, however either writes it', () => {
  writeFileSync(join(root, 'a/limits.ts'), 'export const MAX_THINGS = 1_000\nexport const DAY = 86_400_000\n')
  writeFileSync(
    join(root, 'b/things.ts'),
    'const HOUR = 3_600_000\nconst DAY: number = 24 * HOUR\nconst MAX_THINGS: number = 999 + 1\n',
  )
  expect(doubledConstants(root, ['a', 'b'])).toEqual([
    { name: 'MAX_THINGS', value: 1_000, files: ['a/limits.ts', 'b/things.ts'] },
    { name: 'DAY', value: 86_400_000, files: ['a/limits.ts', 'b/things.ts'] },
  ])
})

it('leaves alone one name for two things, what a function declares, and the version of a file of its own', () => {
  const text = 'const FORMAT = 1\nfunction f() {\n  const LOCAL = 2\n}\nconst IMPORTED = OTHER * 2\n'
  writeFileSync(join(root, 'a/a.ts'), `${text}const MAX = 1\n`)
  writeFileSync(join(root, 'b/b.ts'), `${text}const MAX = 2\n`)
  expect(doubledConstants(root, ['a', 'b'])).toEqual([])
})

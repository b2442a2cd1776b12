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
  writeFileSync(
    join(root, 'a/limits.ts'),
    `export const MAX_THINGS = 1_000
export const DAY = 86_400_000
const MAX_BYTES = 2_097_152
const MASK = 0xffffn
`,
  )
  writeFileSync(
    join(root, 'b/things.ts'),
    `const HOUR = 60 * 60 * 1_000
const DAY: number = 24 * HOUR
const MAX_THINGS: number = (2_002 - 2) / 2
const MAX_BYTES: number = 2 ** 20 << 1
const MASK: bigint = (1n << 16n) - 1n
`,
  )
  expect(doubledConstants(root, ['a', 'b'])).toEqual([
    { name: 'MAX_THINGS', value: 1_000, files: ['a/limits.ts', 'b/things.ts'] },
    { name: 'DAY', value: 86_400_000, files: ['a/limits.ts', 'b/things.ts'] },
    { name: 'MAX_BYTES', value: 2_097_152, files: ['a/limits.ts', 'b/things.ts'] },
    { name: 'MASK', value: 65_535n, files: ['a/limits.ts', 'b/things.ts'] },
  ])
})

it('finds one that is called by two names and says of both what it is called in Bitcoin Core', () => {
  writeFileSync(
    join(root, 'a/a.ts'),
    '/** Blocks at a time (Core: `MAX_BLOCKS_IN_TRANSIT_PER_PEER`). */\nconst BLOCK_WINDOW = 16\n',
  )
  writeFileSync(join(root, 'b/b.ts'), '/** For tests. */\nexport const HALF = 8\n')
  writeFileSync(
    join(root, 'b/c.ts'),
    "import { HALF } from './b.ts'\n/** Core: MAX_BLOCKS_IN_TRANSIT_PER_PEER */\nconst MAX_IN_FLIGHT = 2 * HALF\n",
  )
  expect(doubledConstants(root, ['a', 'b'])).toEqual([
    { name: 'MAX_BLOCKS_IN_TRANSIT_PER_PEER', value: 16, files: ['a/a.ts', 'b/c.ts'] },
  ])
})

it('leaves alone one name for two things, what a function declares, the version of a file of its own, and what is taken from another', () => {
  const text = 'const FORMAT = 1\nfunction f() {\n  const LOCAL = 2\n}\nconst IMPORTED = OTHER * 2\n'
  writeFileSync(join(root, 'a/a.ts'), `${text}const MAX = 1\nexport const MAX_THINGS = 5\n`)
  writeFileSync(join(root, 'b/b.ts'), `${text}const MAX = 2\n/** MAX_THINGS */\nconst AS_MANY = MAX_THINGS\n`)
  expect(doubledConstants(root, ['a', 'b'])).toEqual([])
})

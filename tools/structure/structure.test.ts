import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folderOrder } from './order.ts'
import { measureStructure, suggestOrder } from './measure-structure.ts'
import { readImports, sourceFiles } from './read-imports.ts'

const root = resolve(import.meta.dirname, '../..')
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-structure-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

const measure = (order: readonly string[]) =>
  measureStructure(sourceFiles(folder), readImports(folder), order)

describe('the structure of a package', () => {
  it('takes one file for one file, however its path is written, and refuses what is none', () => {
    write({ 'a/a.ts': `import '../../${basename(folder)}/b/b.ts'`, 'b/b.ts': `` })
    expect(measure(['a', 'b']).upward).toHaveLength(1)
    write({ 'a/a.ts': `import '../b/b.js'` })
    expect(() => measure(['a', 'b'])).toThrow('which is no file')
  })

  it('is counted from every kind of import, tests left out', () => {
    write({
      'index.ts': `export { b } from './b/b.ts'`,
      'a/a.ts': `export const a = 1`,
      'b/b.ts': `import type { A } from '../a/a.ts'\nexport const b = await import('../c/c.ts')`,
      'c/c.ts': `import './deeper/c.ts'`,
      'c/deeper/c.ts': ``,
      'a/a.test.ts': `import '../b/b.ts'`,
    })
    expect(measure(['a', 'c', 'b'])).toEqual({
      folders: ['a', 'b', 'c', 'src'],
      arrows: ['b > a', 'b > c', 'src > b'],
      upward: [],
      circles: [],
      unplaced: [],
    })
  })

  it('names each import that runs up, also one to the entry, and each circle of files', () => {
    write({
      'index.ts': `export const all = 1`,
      'a/a.ts': `import type { B } from '../b/b.ts'`,
      'b/b.ts': `import '../a/a.ts'\nimport '../index.ts'`,
    })
    const { upward, circles } = measure(['a', 'b'])
    expect(upward.map(({ from, to }) => `${from} ${to}`)).toEqual(['a/a.ts b/b.ts', 'b/b.ts index.ts'])
    expect(circles).toEqual([['a/a.ts', 'b/b.ts']])
  })

  it('names folders without a place, and places without a folder', () => {
    write({ 'a/a.ts': '', 'b/b.ts': '' })
    expect(measure(['a', 'gone']).unplaced).toEqual(['b', 'gone'])
  })

  it('has an order that is suggested by its arrows', () => {
    expect(suggestOrder(['a', 'b', 'c'], ['a > b', 'b > c', 'a > c'])).toEqual(['c', 'b', 'a'])
  })

  it.each(Object.keys(folderOrder))('of %s is in the order that is declared', (name) => {
    const source = join(root, 'packages', name, 'src')
    const measured = measureStructure(sourceFiles(source), readImports(source), folderOrder[name]!)
    expect(measured).toMatchObject({ upward: [], circles: [], unplaced: [] })
  })
})

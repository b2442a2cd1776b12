import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { apiReport } from './api-report.ts'
import { compareReports } from './compare-reports.ts'
import { entriesOf } from './entries.ts'
import { declarationsOf } from './declarations-of.ts'
import { silentMembers } from './silent-members.ts'
import { undocumented } from './undocumented.ts'

const root = resolve(import.meta.dirname, '../..')
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function reportOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-api-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return apiReport(join(folder, 'index.ts'))
}

describe('a report', () => {
  it('has what is exported under the name that it has outside, and nothing else', () => {
    const report = reportOf({
      'index.ts': `export { make as create, type Options } from './make.ts'\nexport * from './limits.ts'\n`,
      'make.ts':
        '/** A comment. */\nexport interface Options { readonly a: number }\nexport function make(options: Options): string { return String(options.a) }\nexport const hidden: number = 1\n',
      'limits.ts': 'export const LIMIT = 4_000_000\n',
    })
    expect(report.match(/^### .*/gm)).toEqual(['### LIMIT', '### Options', '### create'])
    expect(report).toContain('declare const LIMIT = 4000000')
    expect(report).not.toContain('A comment')
    expect(report).not.toContain('hidden')
  })

  it('is made of every entry of every package', () => {
    const entries = entriesOf(root)
    expect(entries.map(({ specifier }) => specifier)).toContain('@sapwood/transport-v1v2/tcp')
    const { source, aliases } = entries.find(({ specifier }) => specifier === '@sapwood/wire-codec')!
    expect(apiReport(source, aliases)).toContain('### decodeBlock\n')
  })
})

describe('what is exported', () => {
  it('has a comment, everywhere', () => {
    const silent = entriesOf(root).flatMap(({ source, aliases }) => undocumented(source, aliases))
    expect(silent).toEqual([])
  })

  it('is found where it has none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sapwood-api-'))
    folders.push(folder)
    writeFileSync(join(folder, 'index.ts'), `export { one, two as other } from './made.ts'\n`)
    writeFileSync(join(folder, 'made.ts'), '/** Says it. */\nexport const one = 1\nexport const two = 2\n')
    expect(undocumented(join(folder, 'index.ts'))).toEqual(['other'])
  })
})

describe('a member of what is exported', () => {
  const membersOf = (entries: ReturnType<typeof entriesOf>): string[] => [
    ...new Set(entries.flatMap(({ source, aliases }) => silentMembers(declarationsOf(source, aliases)))),
  ]

  it('has a comment, but for those of which it was known that they have none: they may only become fewer', () => {
    const known = readFileSync(join(import.meta.dirname, 'silent-members.txt'), 'utf8').split('\n')
    expect(membersOf(entriesOf(root)).sort()).toEqual(known.filter(Boolean))
  })

  it('is found where it has none, and not where nobody outside sees it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sapwood-api-'))
    folders.push(folder)
    const entry = join(folder, 'index.ts')
    writeFileSync(
      entry,
      [
        'export interface One {\n  /** Says it. */\n  readonly a: number\n  readonly b: number\n}',
        'export class Two {\n  #c = 1\n  private d = 2\n  e(): void {}\n  [Symbol.iterator](): void {}\n}',
        'interface Hidden {\n  readonly f: number\n}\n',
      ].join('\n'),
    )
    expect(silentMembers(declarationsOf(entry))).toEqual(['One.b', 'Two.e'])
  })
})

describe('two reports', () => {
  const before = reportOfNames({ a: 'x: number', b: 'y: number' })

  it('differ by what is added, changed and gone', () => {
    const after = reportOfNames({ a: 'x: string', c: 'z: number' })
    expect(compareReports(before, after)).toEqual({ added: ['c'], changed: ['a'], removed: ['b'] })
    expect(compareReports(before, before)).toEqual({ added: [], changed: [], removed: [] })
  })
})

function reportOfNames(names: Readonly<Record<string, string>>): string {
  return Object.entries(names)
    .map(([name, text]) => `### ${name}\n\n\`\`\`ts\n${text}\n\`\`\`\n`)
    .join('\n')
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const docs = join(import.meta.dirname, '../../../../docs')
const text = readFileSync(join(docs, 'architecture.md'), 'utf8')
/** Rows of the list: what is decided, where, and by what. */
const rows = [...text.matchAll(/^\| (.+) \| \[.+\]\((.+)\) \| `(\w+)` \|$/gm)].map(
  ([, behaviour, file, name]) => [behaviour!, file!, name!] as const,
)

describe('the list of behaviours in docs/architecture.md', () => {
  it('has at least thirty, each once', () => {
    expect(rows.length).toBeGreaterThanOrEqual(30)
    expect(new Set(rows.map(([, file, name]) => `${file} ${name}`)).size).toBe(rows.length)
  })

  it.each(rows)('%s: %s has %s', (_behaviour, file, name) => {
    expect(existsSync(join(docs, file))).toBe(true)
    const declared = new RegExp(`(class|function|const|interface|type) ${name}\\b`)
    expect(readFileSync(join(docs, file), 'utf8')).toMatch(declared)
  })
})

const packages = join(import.meta.dirname, '../../..')
const names = readdirSync(packages)
/** `node/loop/x.ts` and `node/src/loop`: what the text calls a file or a folder of a package. */
const paths = [...text.matchAll(/`([a-z0-9-]+)\/((?:[a-z0-9-]+\/)*[a-z0-9.-]+)`/g)].filter(([, name]) =>
  names.includes(name!),
)

it('the paths in docs/architecture.md lead somewhere', () => {
  expect(paths.length).toBeGreaterThan(20)
  const astray = paths.filter(
    ([, name, path]) =>
      !existsSync(join(packages, name!, 'src', path!)) && !existsSync(join(packages, name!, path!)),
  )
  expect(astray.map(([path]) => path)).toEqual([])
})

it('what docs/architecture.md calls by a name of the code has that name', () => {
  const source = names
    .flatMap((name) =>
      readdirSync(join(packages, name, 'src'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    )
    .join('\n')
  const called = new Set([...text.matchAll(/`([A-Z][a-z][A-Za-z0-9]+)(?:\.\w+)?`/g)].map(([, name]) => name!))
  expect(called.size).toBeGreaterThan(50)
  const declared = new Set(
    [...source.matchAll(/\b(?:class|function|const|interface|type) (\w+)/g)].map(([, name]) => name!),
  )
  expect([...called].filter((name) => !declared.has(name))).toEqual([])
})

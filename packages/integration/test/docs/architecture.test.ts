import { existsSync, readFileSync } from 'node:fs'
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

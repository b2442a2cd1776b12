import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const document = await readFile(`${root}docs/security.md`, 'utf8')

/** Rows of the tables of limits: a constant, its figure, its file. */
const rows = [...document.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \| ([^|]+) \| (\S+) \|/gm)].map(
  ([, name, figure, file]) => ({ name: name!, figure: figure!, file: `packages/${file!}` }),
)

function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/\d[\d,]*(?:\.\d+)?/g)].map(([digits]) => Number(digits.replaceAll(',', '')))
}

/** What a constant is set to, its names replaced by what those are set to in the same file. */
function initializerOf(source: string, name: string): string | undefined {
  const found = new RegExp(`^(?:export )?const ${name}(?:: [^=]+)? = ([^;]+?)$`, 'm').exec(source)
  return found?.[1]?.replaceAll(
    /\b[A-Z][A-Z0-9_]+\b/g,
    (other) => `(${initializerOf(source, other) ?? other})`,
  )
}

/** The numbers of a constant: of an object each of its values, of an expression its result. */
function valuesOf(initializer: string): readonly number[] {
  if (initializer.startsWith('{')) return numbersIn(initializer.replaceAll('_', ''))
  const factors = initializer.replaceAll(/[()_\s]/g, '').split('*')
  return [factors.map(Number).reduce((product, factor) => product * factor, 1)]
}

describe('docs/security.md', () => {
  it('has limits to check', () => {
    expect(rows.length).toBeGreaterThan(50)
  })

  it.each(rows)('says of $name what stands in $file', async ({ name, figure, file }) => {
    const initializer = initializerOf(await readFile(`${root}${file}`, 'utf8'), name)
    expect(initializer, `a constant ${name} in ${file}`).toBeDefined()
    expect(valuesOf(initializer!)).toEqual(numbersIn(figure))
  })

  it('is linked by the README', async () => {
    expect(await readFile(`${root}README.md`, 'utf8')).toContain('docs/security.md')
  })
})

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { DAY, HOUR, MINUTE } from '@sapwood/transport-v1v2/environment'
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

const DURATIONS: Readonly<Record<string, number>> = { MINUTE, HOUR, DAY }

/** What a constant is set to, its names replaced by what those are set to in the same file. */
function initializerOf(source: string, name: string): string | undefined {
  const found = new RegExp(`^(?:export )?const ${name}(?:: [^=]+)? = ([^;]+?)$`, 'm').exec(source)
  return found?.[1]?.replaceAll(
    /\b[A-Z][A-Z0-9_]+\b/g,
    (other) => `(${initializerOf(source, other) ?? DURATIONS[other] ?? other})`,
  )
}

/** The numbers of a constant: of an object each of its values, of an expression its result. */
function valuesOf(initializer: string): readonly number[] {
  if (initializer.startsWith('{')) return numbersIn(initializer.replaceAll('_', ''))
  const products = initializer
    .replaceAll(/[()_\s]/g, '')
    .split('+')
    .map((product) => product.split('*').reduce((value, factor) => value * Number(factor), 1))
  return [products.reduce((sum, product) => sum + product, 0)]
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

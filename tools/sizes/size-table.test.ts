import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { bundlers } from './bundlers.ts'
import { measuredImports } from './measured-imports.ts'
import { sizeTable, tooLarge, withTable } from './size-table.ts'

const root = resolve(import.meta.dirname, '../..')
const imported = { name: 'one', from: '@sapwood/wire-codec', limit: 2_000 }

it('an import that costs more than it may is named, with the bundler', () => {
  const sizes = new Map([
    ['esbuild', { minified: 2_000, gzip: 900 }],
    ['Vite', { minified: 2_001, gzip: 901 }],
  ])
  expect(tooLarge([{ imported, sizes }])).toEqual([
    'one of @sapwood/wire-codec costs 2001 bytes with Vite, 2000 at most',
  ])
  expect(sizeTable([{ imported, sizes }])).toContain(
    '| `one` of `@sapwood/wire-codec` | 2.0 | 2.0 | 0.9 | 2.0 |',
  )
})

it('docs/sizes.md has ten imports, and says what each may cost', () => {
  const text = readFileSync(join(root, 'docs/sizes.md'), 'utf8')
  expect(measuredImports.length).toBeGreaterThanOrEqual(10)
  for (const { name, from, limit } of measuredImports) {
    expect(text).toMatch(new RegExp(`\`${name}\` of \`${from}\` .* ${(limit / 1_000).toFixed(1)} \\|`))
  }
  expect(withTable(text, 'x')).toContain('<!-- sizes -->\nx\n<!-- /sizes -->')
})

it.each(Object.entries(bundlers))('%s drops what is not used', async (_, bundle) => {
  const code = `const unused = '${'x'.repeat(500)}'\nexport const used = () => 1`
  const { minified, gzip } = await bundle(code, import.meta.dirname)
  expect(minified).toBeGreaterThan(10)
  expect(minified).toBeLessThan(200)
  expect(gzip).toBeGreaterThan(10)
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundlers } from './bundlers.ts'
import { measuredImports } from './measured-imports.ts'
import { type ImportSizes, sizeTable, tooLarge, withTable } from './size-table.ts'

// Bundles single imports of the built packages for a web page, by three bundlers as they are without
// settings, and writes what each costs into docs/sizes.md. `--check`, in CI, only says what costs more than
// it may.
const root = resolve(import.meta.dirname, '../..')
const file = join(root, 'docs/sizes.md')
const measured: ImportSizes[] = []
for (const imported of measuredImports) {
  const code = `export { ${imported.name} } from '${imported.from}'`
  const sizes = new Map<string, { minified: number; gzip: number }>()
  for (const [name, bundle] of Object.entries(bundlers)) sizes.set(name, await bundle(code, root))
  measured.push({ imported, sizes })
}
if (!process.argv.includes('--check')) {
  writeFileSync(file, withTable(readFileSync(file, 'utf8'), sizeTable(measured)))
}
const faults = tooLarge(measured)
for (const fault of faults) console.error(fault)
console.log(`${measured.length} imports by ${Object.keys(bundlers).length} bundlers measured`)
process.exitCode = faults.length === 0 ? 0 : 1

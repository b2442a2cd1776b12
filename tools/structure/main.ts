import { join, resolve } from 'node:path'
import { citedSources } from './cited-sources.ts'
import { doubledConstants } from './doubled-constants.ts'
import { folderOrder, mostArrows } from './order.ts'
import { measureStructure, suggestOrder } from './measure-structure.ts'
import { importsPackages, readImports, sourceFiles } from './read-imports.ts'
import { uncitedFiles } from './uncited-files.ts'

// Prints how the folders of each package hang together, and fails where an import runs up, where folders know
// too many others, where a limit is declared twice, or where a file does not say whose rules it implements.
// `--arrows PACKAGE` lists its arrows, `--suggest PACKAGE` an order in which the fewest run up.
const root = resolve(import.meta.dirname, '../..')
const [option, only] = process.argv.slice(2)
let failures = 0
/** What plays the protocol to test others says its numbers again, on purpose. */
const STACK = Object.keys(folderOrder)
  .filter((name) => name !== 'integration' && name !== 'conform')
  .map((name) => join('packages', name, 'src'))

console.log('| package | folders | arrows | run up | circles |\n| --- | --: | --: | --: | --: |')
const details: string[] = []
for (const [name, order] of Object.entries(folderOrder)) {
  const source = join(root, 'packages', name, 'src')
  const imports = readImports(source, {
    '#crypto': 'crypto/crypto.ts',
    '#platform': 'platform/platform.node.ts',
  })
  const { folders, arrows, upward, circles, unplaced } = measureStructure(sourceFiles(source), imports, order)
  const upwardArrows = new Set(upward.map(({ arrow }) => arrow))
  console.log(`| ${name} | ${folders.length} | ${arrows.length} | ${upwardArrows.size} | ${circles.length} |`)
  if (name === only && option === '--arrows') details.push(...arrows)
  if (name === only && option === '--suggest') details.push(suggestOrder(folders, arrows).join(', '))
  details.push(
    ...upward.map(({ arrow, from, to }) => `${name}: ${arrow} runs up: ${from} imports ${to}`),
    ...circles.map((circle) => `${name}: a circle: ${circle.join(', ')}`),
    ...unplaced.map(
      (folder) =>
        `${name}: ${folder} is a folder and not in tools/structure/order.ts, or the other way round`,
    ),
  )
  failures += upward.length + circles.length + unplaced.length
  const most = mostArrows[name]
  if (most !== undefined && arrows.length > most) {
    details.push(`${name}: ${arrows.length} arrows, where ${most} are allowed: see --arrows ${name}`)
    failures += 1
  }
}
// The packages stand on `tools/` (their benches, tests and builds do), so nothing in it stands on them.
for (const file of sourceFiles(join(root, 'tools'))) {
  if (!importsPackages(join(root, 'tools', file))) continue
  details.push(`tools/${file} imports a package, and the packages stand on tools/`)
  failures += 1
}
for (const { name, value, files } of doubledConstants(root, STACK)) {
  details.push(`${name} = ${value} has two homes: ${files.join(', ')}`)
  failures += 1
}
const uncited = uncitedFiles(join(root, 'packages'), citedSources)
details.push(...uncited)
failures += uncited.length
if (details.length > 0) console.log(`\n${details.join('\n')}`)
process.exitCode = failures === 0 ? 0 : 1

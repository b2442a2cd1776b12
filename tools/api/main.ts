import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { apiReport } from './api-report.ts'
import { type ApiChanges, compareReports } from './compare-reports.ts'
import { entriesOf } from './entries.ts'
import { undocumented } from './undocumented.ts'

// `npm run api` writes what every entry of every package exports into docs/api. `--check`, in CI, says what
// is other than is written there, and refuses what is changed or gone where no version plan speaks of it
// (docs/policy.md): nothing breaks unmarked. Nor may anything be exported without a TSDoc comment.
const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'docs/api')
const plans = join(root, '.nx/version-plans')

const reports = new Map(
  entriesOf(root).map(({ specifier, report, source, aliases }) => [
    report,
    `# ${specifier}\n\nWritten by \`npm run api\`.\n\n${apiReport(source, aliases)}`,
  ]),
)

function write(): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of reports) writeFileSync(join(folder, file), text)
  console.log(`${reports.size} reports in docs/api`)
}

function check(): void {
  const before = existsSync(folder) ? readdirSync(folder) : []
  let breaks = 0
  for (const file of new Set([...before, ...reports.keys()])) {
    const old = before.includes(file) ? readFileSync(join(folder, file), 'utf8') : ''
    const changes = compareReports(old, reports.get(file) ?? '')
    breaks += changes.changed.length + changes.removed.length
    tell(file, changes)
  }
  for (const { specifier, source, aliases } of entriesOf(root)) {
    const silent = undocumented(source, aliases)
    if (silent.length === 0) continue
    console.error(`${specifier} exports without a comment: ${silent.join(', ')}`)
    process.exitCode = 1
  }
  const isPlanned = existsSync(plans) && readdirSync(plans).some((file) => file.endsWith('.md'))
  if (breaks === 0 || isPlanned) return
  console.error(
    `${breaks} exports are other than in docs/api, and no version plan says so: npx nx release plan`,
  )
  process.exitCode = 1
}

function tell(file: string, changes: ApiChanges): void {
  for (const [what, names] of Object.entries(changes) as [string, readonly string[]][]) {
    if (names.length > 0) console.log(`${file}: ${what} ${names.join(', ')}`)
  }
}

if (process.argv.includes('--check')) check()
else write()

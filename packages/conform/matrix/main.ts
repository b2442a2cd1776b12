import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { htmlOf, type Report, summaryOf } from '@sapwood/conform'
import { markdownOf } from './conformance-page.ts'
import { targets } from './targets.ts'

const USAGE = `Usage: npm run docs:conformance -- [options]

Runs the suite on every program that this machine has, and writes docs/conformance.md and .cache/conformance/matrix.html. Reports are
kept in .cache/conformance, so that one program can be run again and the others taken from last time.

Options:
  --only ID   run this one alone (${targets.map(({ id }) => id).join(', ')}); may be repeated
  --page      run nothing, make the page from what is kept
  -h, --help  print this`

const root = join(import.meta.dirname, '../../..')
const kept = join(root, '.cache/conformance')

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    page: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}

await mkdir(kept, { recursive: true })
const fileOf = (id: string): string => join(kept, `${id}.json`)
for (const { id, run } of targets) {
  if (values.page || (values.only !== undefined && !values.only.includes(id))) continue
  try {
    const report = await run()
    await writeFile(fileOf(id), JSON.stringify(report))
    console.log(`${id}: ${summaryOf(report)}`)
  } catch (error) {
    console.log(`${id}: left out: ${error instanceof Error ? error.message : String(error)}`)
  }
}
const read = await Promise.all(
  targets.map(async ({ id, title }) => {
    const text = await readFile(fileOf(id), 'utf8').catch(() => undefined)
    return text === undefined ? [] : [{ title, report: JSON.parse(text) as Report }]
  }),
)
const reports = read.flat()
await writeFile(join(root, 'docs/conformance.md'), markdownOf(reports))
await writeFile(
  join(kept, 'matrix.html'),
  htmlOf(reports.map(({ title, report }) => ({ ...report, label: title }))),
)
// What a program under test has left behind keeps nothing waiting.
process.exit(0)

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checkPlainJavaScript } from '../check-packages/check-plain-javascript.ts'
import { PackedPackages, sh } from '../check-packages/pack.ts'
import { ownVersion, QUIETLY } from '../outside-project/outside-project.ts'
import { NEWCOMER_TASKS, TASKS_FOLDER, unnamedImports } from './newcomer-tasks.ts'

// The twelve tasks of somebody new, as far as a script can be new: programs in plain JavaScript that use
// nothing but what the READMEs name, type-checked and run in an empty project against the packed archives.
// What they reach is a real bitcoind, and each holds its result against what that says. `--only FILE` runs
// one; `--runtime PROGRAM` runs them on another Node.js.
const root = resolve(import.meta.dirname, '../..')
/** How long one may take, in milliseconds: the first may install a bitcoind. */
const TIMEOUT = 300_000
/** What editors know Node.js by, and what the metrics are shown with. */
const OTHERS = { '@types/node': ownVersion('@types/node'), 'prom-client': '15.1.3' }

const { values } = parseArgs({ options: { only: { type: 'string' }, runtime: { type: 'string' } } })
const tasks = NEWCOMER_TASKS.filter(({ file }) => values.only === undefined || file === values.only)
const work = mkdtempSync(join(tmpdir(), 'sapwood-newcomer-'))
let failures = 0
try {
  const packed = new PackedPackages(work)
  const ours = packed.dependenciesOn('@sapwood/integration', '@sapwood/node')
  const dependencies = { ...ours, ...OTHERS }
  writeFileSync(join(work, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  sh('npm', ['install', ...QUIETLY], work)
  for (const { file } of tasks) cpSync(join(TASKS_FOLDER, file), join(work, file))
  const programs = tasks.map(({ file }) => file)
  checkPlainJavaScript(work, programs, true)
  console.log(`${programs.length} programs are type-checked against the archives`)
  for (const { title, file } of tasks) run(title, file)
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`${tasks.length - failures} of ${tasks.length} tasks of a newcomer are done`)
process.exitCode = failures === 0 && tasks.length > 0 ? 0 : 1

function run(title: string, file: string): void {
  const unnamed = unnamedImports(file, (from) =>
    readFileSync(join(work, 'node_modules', from, 'README.md'), 'utf8'),
  )
  // What tests need has been fetched for the repository before.
  const env = { SAPWOOD_CACHE: join(root, '.cache'), ...process.env }
  const started = process.uptime()
  const { status, stdout, stderr } = spawnSync(values.runtime ?? process.execPath, [file], {
    cwd: work,
    env,
    encoding: 'utf8',
    timeout: TIMEOUT,
  })
  const seconds = (process.uptime() - started).toFixed(1)
  const isDone = status === 0 && unnamed.length === 0
  console.log(`${isDone ? 'done  ' : 'FAILED'} ${title} (${file}, ${seconds} s)`)
  if (isDone) return
  failures += 1
  for (const each of unnamed) console.error(`no README names ${each}`)
  if (status !== 0) console.error(`${stdout}${stderr}`)
}

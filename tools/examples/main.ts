import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checkPlainJavaScript } from '../check-packages/check-plain-javascript.ts'
import { PackedPackages, sh } from '../check-packages/pack.ts'
import { ownVersion, QUIETLY } from '../outside-project/outside-project.ts'

// Runs every example of docs/examples as a stranger would: in a folder outside the repository, against the
// packed archives, as plain JavaScript. `--only NAME` runs one; `--runtime PROGRAM` runs them on another
// runtime than this Node.js (`bun`, `deno run -A`, a path to a node).
const root = resolve(import.meta.dirname, '../..')
const source = join(root, 'docs/examples')
const { values } = parseArgs({ options: { only: { type: 'string' }, runtime: { type: 'string' } } })
/** How long one may take: some install a bitcoind first. */
const TIMEOUT = 300_000

interface Example {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
}

const examples: Example[] = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (values.only === undefined || entry.name === values.only))
  .map(({ name }) => {
    const manifest = JSON.parse(readFileSync(join(source, name, 'package.json'), 'utf8')) as Example
    return { name, dependencies: manifest.dependencies }
  })

const work = mkdtempSync(join(tmpdir(), 'sapwood-examples-'))
let failures = 0
try {
  const packed = new PackedPackages(work)
  const others = examples.flatMap(({ dependencies }) =>
    Object.entries(dependencies).filter(([name]) => !packed.manifests.has(name)),
  )
  const dependencies = {
    ...packed.dependenciesOn(...packed.manifests.keys()),
    ...Object.fromEntries(others),
    '@types/node': ownVersion('@types/node'),
  }
  writeFileSync(join(work, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  sh('npm', ['install', ...QUIETLY], work)
  for (const { name } of examples) cpSync(join(source, name), join(work, name), { recursive: true })
  const programs = examples.map(({ name }) => `${name}/main.mjs`)
  checkPlainJavaScript(work, programs, false)
  console.log(`${programs.length} examples are type-checked against the archives`)
  const [program = process.execPath, ...args] = values.runtime?.split(' ') ?? []
  // What tests need has been fetched for the repository before.
  const env = { SAPWOOD_CACHE: join(root, '.cache'), ...process.env }
  for (const { name } of examples) {
    const started = process.uptime()
    const { status, stdout, stderr } = spawnSync(program, [...args, 'main.mjs'], {
      cwd: join(work, name),
      env,
      encoding: 'utf8',
      timeout: TIMEOUT,
    })
    const seconds = (process.uptime() - started).toFixed(1)
    console.log(`${status === 0 ? 'ran' : 'FAILED'} ${name} (${seconds} s)`)
    if (status === 0) continue
    failures += 1
    console.error(`${stdout}${stderr}`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`${examples.length - failures} of ${examples.length} examples ran`)
process.exitCode = failures === 0 && examples.length > 0 ? 0 : 1

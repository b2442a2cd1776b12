import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SeededNumbers } from '../fuzz/random.ts'
import { readSummary, resultsFile, root } from './test-results.ts'

// Runs each test file alone, in a clone that is as it came before each of them, in random order: what leans
// on something that ran before fails here. `SAPWOOD_CACHE` is kept, so that programs are not fetched for each
// file; some files of the integration package (`--uncached`) go without it. `--jobs` are as many clones, a
// file in each at a time.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(process.pid) },
    uncached: { type: 'string', default: '0' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: '1' },
  },
})
const seed = Number(values.seed)
const clones: string[] = []
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill()
  for (const clone of clones) rmSync(clone, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

while (clones.length < Number(values.jobs)) {
  const clone = mkdtempSync(join(tmpdir(), 'sapwood-each-alone-'))
  clones.push(clone)
  await run('git', ['clone', '-q', root, clone], root)
  await run('npm', ['ci'], clone)
}

const listed = (await output('git', ['ls-files', '*.test.ts'], clones[0]!))
  .split('\n')
  .filter((file) => file !== '')
const chosen = listed.filter(
  (file) => positionals.length === 0 || positionals.some((part) => file.includes(part)),
)
const files = shuffled(chosen, seed).slice(Number(values.from))
const withoutCache = new Set(
  files.filter((file) => file.startsWith('packages/integration/')).slice(0, Number(values.uncached)),
)
console.log(`seed ${seed}: ${files.length} files`)

const failures: string[] = []
const waiting = files.entries()
await Promise.all(
  clones.map(async (clone) => {
    for (const [index, file] of waiting) await runAlone(clone, file, `${index + 1}/${files.length}`)
  }),
)
console.log(`seed ${seed}: ${files.length} files alone, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1

async function runAlone(clone: string, file: string, which: string): Promise<void> {
  // All that a run leaves behind: caches, graphs, built files, results.
  await run('git', ['clean', '-xdfq', '-e', 'node_modules'], clone)
  for (const left of ['.cache', '.vite', '.vite-temp', '.experimental-vitest']) {
    rmSync(join(clone, 'node_modules', left), { recursive: true, force: true })
  }
  const began = performance.now()
  const environment = { ...process.env }
  if (withoutCache.has(file)) delete environment['SAPWOOD_CACHE']
  const child = spawn('npm', ['test', '--', file], {
    cwd: clone,
    stdio: ['ignore', 'ignore', 'ignore'],
    env: environment,
  })
  children.add(child)
  const [code] = (await once(child, 'close')) as [number | null]
  children.delete(child)
  const summary = readSummary(resultsFile(clone), code ?? 1, clone)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const none = summary.passed === 0 && summary.failed === 0
  console.log(
    `${which} ${file}: ${summary.passed} passed, ${summary.failed} failed, ${seconds} s` +
      `${withoutCache.has(file) ? ', without a cache' : ''}${none ? ' (no test)' : ''}`,
  )
  failures.push(...summary.failures)
  for (const failure of summary.failures) console.log(`  FAILED ${failure}`)
}

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const numbers = new SeededNumbers(seed)
  const left = [...items]
  return items.map(() => left.splice(numbers.below(left.length), 1)[0]!)
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${String(code)}`)
}

async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  await once(child, 'close')
  return text
}

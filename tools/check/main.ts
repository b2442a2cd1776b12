import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { runSteps, type Step } from './run-steps.ts'

// All that `npm run check` holds the code against. Each step keeps one core busy, and most wait for none of
// the others: as many run at a time as there are cores. A step is a script of package.json, and says what it
// has to say once it has ended. Those that take longest, or that others wait for, come first.
interface ScriptStep extends Step {
  readonly options?: readonly string[]
}
const steps: readonly ScriptStep[] = [
  { name: 'build', options: ['--parallel=1'] },
  { name: 'format:check' },
  { name: 'structure' },
  { name: 'lint', options: ['--parallel=1'] },
  { name: 'check:packages', after: ['build'] },
  { name: 'typecheck' },
  { name: 'docs' },
  { name: 'sizes', options: ['--check'], after: ['build'] },
  { name: 'examples:tsdoc' },
  { name: 'knip' },
  { name: 'api:check' },
]

const root = resolve(import.meta.dirname, '../..')
const children = new Set<ChildProcess>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of children) child.kill(signal)
    process.exit(1)
  })
}

async function run({ name, options = [] }: ScriptStep): Promise<boolean> {
  const began = performance.now()
  const child = spawn('npm', ['run', '--silent', name, '--', ...options], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  children.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const passed = await new Promise<boolean>((done) => {
    child.once('error', (error) => {
      said += String(error)
      done(false)
    })
    child.once('close', (code) => done(code === 0))
  })
  children.delete(child)
  const seconds = Math.round((performance.now() - began) / 1_000)
  console.log(`\n== ${name}: ${passed ? 'passed' : 'FAILED'}, ${seconds} s\n${said.trim()}`)
  return passed
}

const outcomes = [...(await runSteps(steps, availableParallelism(), run))]
const faults = outcomes.filter(([, outcome]) => outcome !== 'passed')
for (const [name, outcome] of faults) console.error(`${name}: ${outcome}`)
console.log(`\n${outcomes.length - faults.length} of ${outcomes.length} steps of the check passed`)
process.exitCode = faults.length === 0 ? 0 : 1

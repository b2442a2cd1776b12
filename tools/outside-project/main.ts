import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PackedPackages, sh } from '../check-packages/pack.ts'

// A project of somebody else, made from the packed archives: it tests a small wallet with a scripted peer,
// a liar and a bad line, under node:test and Vitest. The tests have to pass, and to find a fault that is put
// in.
const root = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'sapwood-outside-'))
const project = join(work, 'project')

/** The versions that the repository itself tests with. */
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>
}

interface Runner {
  readonly name: string
  readonly command: readonly string[]
  /** What it prints of a test that failed as it should. */
  readonly finds: RegExp
}
const runners: readonly Runner[] = [
  {
    name: 'node:test',
    command: [process.execPath, '--test', 'wallet.test.mjs'],
    finds: /not ok 1 - adds up|✖ adds up[\s\S]*(?:45000000000|50000000000|65000000000)/,
  },
  {
    name: 'Vitest',
    command: ['npx', 'vitest', 'run', '--no-color'],
    finds: /FAIL {2}wallet\.spec\.mjs > adds up/,
  },
]

function outcomeOf({ command }: Runner, fault: string): { readonly passed: boolean; readonly said: string } {
  const env = { ...process.env, WALLET_FAULT: fault, NODE_TEST_CONTEXT: undefined }
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
    cwd: project,
    env,
    encoding: 'utf8',
  })
  return { passed: status === 0, said: `${stdout}${stderr}` }
}

function check(runner: Runner): void {
  const right = outcomeOf(runner, '')
  if (!right.passed) throw new Error(`${runner.name}: the tests of the wallet do not pass\n${right.said}`)
  const wrong = outcomeOf(runner, 'forgets-reorgs')
  if (wrong.passed || !runner.finds.test(wrong.said))
    throw new Error(`${runner.name}: the fault in the wallet was not found\n${wrong.said}`)
  console.log(`${runner.name}: the wallet's tests pass, and find the fault that was put in`)
}

try {
  const packed = new PackedPackages(work)
  cpSync(join(import.meta.dirname, 'project'), project, { recursive: true })
  const dependencies = packed.dependenciesOn('@sapwood/integration', '@sapwood/node')
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...dependencies, vitest: devDependencies['vitest'] },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  sh('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'], project)
  runners.forEach(check)
} finally {
  rmSync(work, { recursive: true, force: true })
}

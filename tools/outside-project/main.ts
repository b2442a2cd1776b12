import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PackedPackages, sh } from '../check-packages/pack.ts'
import { checkRecipe } from './recipe.ts'

// A project of somebody else, made from the packed archives: it tests a small wallet with a scripted peer,
// a liar and a bad line, under node:test, Vitest and Jest, and runs the conformance suite. The tests have to
// pass, and to find a fault that is put in. With --all-nodes they do so on other releases of Node.js as well.
const root = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'sapwood-outside-'))
const project = join(work, 'project')

const QUIETLY = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']

/** The versions that the repository itself tests with. */
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>
}

/** Releases of Node.js that npm's platform packages have, beside the one that runs us. */
const OTHER_NODES = { '22': '22.23.5', '24': '24.22.3' } as const
const JEST = '30.5.2'

const { values } = parseArgs({
  options: { 'all-nodes': { type: 'boolean', default: false } },
})

interface Runner {
  readonly name: string
  /** What Node.js is given. */
  readonly args: readonly string[]
  /** What it prints of a test that failed as it should. */
  readonly finds: RegExp
}
const runners: readonly Runner[] = [
  {
    name: 'node:test',
    args: ['--test', 'wallet.test.mjs'],
    finds: /not ok 1 - adds up|✖ adds up[\s\S]*(?:45000000000|50000000000|65000000000)/,
  },
  {
    name: 'Vitest',
    args: ['node_modules/vitest/vitest.mjs', 'run', '--no-color'],
    finds: /FAIL {2}wallet\.spec\.mjs > adds up/,
  },
  {
    name: 'Jest',
    args: ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--no-color'],
    finds: /● adds up/,
  },
]

interface Outcome {
  readonly passed: boolean
  readonly said: string
}

function outcomeOf(node: string, args: readonly string[], fault = ''): Outcome {
  const env = { ...process.env, WALLET_FAULT: fault, NODE_TEST_CONTEXT: undefined }
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: project, env, encoding: 'utf8' })
  return { passed: status === 0, said: `${stdout}${stderr}` }
}

function check(node: string, { name, args, finds }: Runner): void {
  const title = `${name} on Node.js ${sh(node, ['--version'], project).trim()}`
  const right = outcomeOf(node, args)
  if (!right.passed) throw new Error(`${title}: the tests of the wallet do not pass\n${right.said}`)
  const wrong = outcomeOf(node, args, 'forgets-reorgs')
  if (wrong.passed || !finds.test(wrong.said))
    throw new Error(`${title}: the fault in the wallet was not found\n${wrong.said}`)
  console.log(`${title}: the wallet's tests pass, and find the fault that was put in`)
}

/** The conformance suite as its archive has it, on a node that listens and on an argument that it refuses. */
async function checkConform(): Promise<void> {
  const peer = spawn(process.execPath, ['peer.mjs'], { cwd: project, stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const [address] = (await once(peer.stdout.setEncoding('utf8'), 'data')) as [string]
    const conform = ['--no-install', '@sapwood/conform', address.trim()]
    const said = sh('npx', [...conform, '--only', 'bip31/ping/', '--strict', '--wait', '60000'], project)
    if (!/ [1-9]\d* passed, 0 failed/.test(said)) throw new Error(`conform passed nothing\n${said}`)
    const refused = spawnSync('npx', [...conform, '--only', 'no/such/case'], { cwd: project })
    if (refused.status !== 2)
      throw new Error(`conform ended with ${String(refused.status)} for a case that is not`)
    console.log('conform: runs from its archive, and says by its exit code what it did not understand')
  } finally {
    peer.kill()
  }
}

/** Programs of Node.js, this one first. */
function nodes(): readonly string[] {
  if (!values['all-nodes']) return [process.execPath]
  const others = Object.values(OTHER_NODES).map((version) => {
    const folder = join(work, `node-${version}`)
    const name = `node-${process.platform}-${process.arch}`
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    sh('npm', ['install', ...QUIETLY, `${name}@${version}`], folder)
    return join(folder, 'node_modules', name, 'bin/node')
  })
  return [process.execPath, ...others]
}

try {
  const packed = new PackedPackages(work)
  cpSync(join(import.meta.dirname, 'project'), project, { recursive: true })
  const dependencies = packed.dependenciesOn('@sapwood/integration', '@sapwood/node', '@sapwood/conform')
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...dependencies, vitest: devDependencies['vitest'], jest: JEST, '@jest/globals': JEST },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  sh('npm', ['install', ...QUIETLY], project)
  for (const node of nodes()) for (const runner of runners) check(node, runner)
  await checkConform()
  checkRecipe(packed, join(work, 'recipe'), { tsx: devDependencies['tsx'] })
} finally {
  rmSync(work, { recursive: true, force: true })
}

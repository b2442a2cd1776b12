import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { sh } from '../check-packages/pack.ts'
import { requireFrom } from '../npm/install-folder.ts'
import { freePort } from '../network/free-port.ts'

// The packages as a registry gives them: a verdaccio on loopback takes the archives that `npm run
// release:pack -- --into FOLDER` has left, an empty project installs them from there by name, and ten
// examples are run in it. `--archives FOLDER` says where they are; `--runtime NAME=PROGRAM`, which may be
// repeated, adds a runtime to this Node.js: `--runtime Bun=bun --runtime "Deno=deno run -A"`.
const root = resolve(import.meta.dirname, '../..')
/** Those that need no program besides their runtime. */
const EXAMPLES = [
  'decode-block',
  'match-filter',
  'parse-addresses',
  'v2-handshake',
  'headers',
  'fetch-block',
  'socks5-isolation',
  'capture',
  'own-message',
  'own-transport',
]
/** Longest that one may take, in milliseconds. */
const TIMEOUT = 120_000

const { values } = parseArgs({
  options: { archives: { type: 'string' }, runtime: { type: 'string', multiple: true, default: [] } },
})
if (values.archives === undefined) {
  console.error('--archives FOLDER: what npm run release:pack -- --into FOLDER has left')
  process.exit(2)
}
const archives = resolve(values.archives)
const order = readOrder(archives)
const work = mkdtempSync(join(tmpdir(), 'sapwood-registry-'))
let registry: ChildProcess | undefined
let failures = 0
try {
  const url = `http://127.0.0.1:${await freePort()}`
  registry = await startVerdaccio(url)
  // npm wants to be somebody before it publishes; here anybody may.
  writeFileSync(join(work, '.npmrc'), `registry=${url}/\n${url.slice('http:'.length)}/:_authToken=anybody\n`)
  for (const archive of order) {
    sh('npm', ['publish', join(archives, archive), '--provenance=false', '--ignore-scripts'], work)
  }
  console.log(`${order.length} packages are published on ${url}`)

  const project = join(work, 'project')
  mkdirSync(project)
  cpSync(join(work, '.npmrc'), join(project, '.npmrc'))
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  const names = new Set(EXAMPLES.flatMap((name) => Object.keys(dependenciesOf(name))))
  sh('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...names], project)
  const runtimes = [`Node.js ${process.versions.node}=${process.execPath}`, ...values.runtime]
  for (const runtime of runtimes) {
    const [label = '', command = ''] = runtime.split('=', 2)
    for (const name of EXAMPLES) run(project, label, command, name)
  }
  const count = runtimes.length * EXAMPLES.length
  console.log(`${count - failures} of ${count} ran, on ${runtimes.length} runtimes`)
} finally {
  registry?.kill()
  rmSync(work, { recursive: true, force: true })
}
process.exitCode = failures === 0 ? 0 : 1

/** The archives, each after those that it depends on. */
function readOrder(folder: string): string[] {
  const file = join(folder, 'ORDER')
  if (!existsSync(file)) throw new Error(`${folder} has no ORDER: npm run release:pack -- --into ${folder}`)
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}

function dependenciesOf(example: string): Record<string, string> {
  const manifest = readFileSync(join(root, 'docs/examples', example, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { dependencies: Record<string, string> }).dependencies
}

function run(project: string, label: string, command: string, name: string): void {
  const [program = '', ...args] = command.split(' ')
  const folder = join(project, name)
  cpSync(join(root, 'docs/examples', name, 'main.mjs'), join(folder, 'main.mjs'))
  const { status, stdout, stderr } = spawnSync(program, [...args, 'main.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: TIMEOUT,
  })
  console.log(`${status === 0 ? 'ran' : 'FAILED'} ${name} on ${label}`)
  if (status === 0) return
  failures += 1
  console.error(`${stdout}${stderr}`)
}

/** A registry of nothing but ours, which asks npm's for the rest, and keeps all of it in the work folder. */
async function startVerdaccio(url: string): Promise<ChildProcess> {
  const uplink = sh('npm', ['config', 'get', 'registry'], root).trim()
  const config = {
    storage: join(work, 'storage'),
    auth: { htpasswd: { file: join(work, 'htpasswd'), max_users: -1 } },
    uplinks: { npm: { url: uplink } },
    packages: {
      '@sapwood/*': { access: '$all', publish: '$all' },
      // The command, which has no scope.
      sapwood: { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'npm' },
    },
    web: { enable: false },
    max_body_size: '50mb',
    log: { type: 'stdout', format: 'pretty', level: 'http' },
  }
  // JSON is YAML.
  writeFileSync(join(work, 'config.yaml'), JSON.stringify(config))
  const program = requireFrom(import.meta.dirname, 'verdaccio').resolve('verdaccio/bin/verdaccio')
  const args = [program, '--config', join(work, 'config.yaml'), '--listen', url]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const ended = once(child, 'exit').then(() => {
    throw new Error(`verdaccio ended\n${said}`)
  })
  ended.catch(() => undefined)
  const listens = new Promise<void>((listening) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes(url)) listening()
    })
  })
  await Promise.race([listens, ended])
  return child
}

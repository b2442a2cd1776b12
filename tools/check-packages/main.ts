import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// Packs each package as npm would publish it, checks the archive, installs it alone into an empty project,
// imports every entry there under Node.js and type-checks that project as Node.js and as a bundler resolve
// it.
const root = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'sapwood-packages-'))
const bin = (name: string): string => join(root, 'node_modules/.bin', name)

interface Manifest {
  readonly name: string
  readonly exports: Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

function sh(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout ?? ''}${stderr ?? ''}`)
  }
}

const manifests = new Map<string, Manifest>()
const archives = new Map<string, string>()
for (const folder of readdirSync(join(root, 'packages'))) {
  const path = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest
  const [packed] = JSON.parse(sh('npm', ['pack', '--json', '--pack-destination', work], path)) as [
    { filename: string },
  ]
  manifests.set(manifest.name, manifest)
  archives.set(manifest.name, join(work, packed.filename))
}

/** A package's own archive and those of the packages of this repository that it depends on, however deep. */
function archivesFor(name: string, found = new Set<string>()): Set<string> {
  if (archives.has(name) && !found.has(name)) {
    found.add(name)
    for (const dependency of Object.keys(manifests.get(name)!.dependencies ?? {}))
      archivesFor(dependency, found)
  }
  return found
}

function check(name: string): string {
  const archive = archives.get(name)!
  const manifest = manifests.get(name)!
  sh(bin('publint'), ['--strict', archive], root)
  sh(bin('attw'), [archive, '--profile', 'esm-only'], root)

  const project = join(work, name.replace('@sapwood/', ''))
  mkdirSync(project)
  const dependencies = Object.fromEntries(
    [...archivesFor(name)].map((each) => [each, `file:${archives.get(each)!}`]),
  )
  const manifestHere = {
    private: true,
    type: 'module',
    dependencies: { ...dependencies, ...manifest.peerDependencies },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifestHere))
  // The same Node.js types as the repository's own: a package's types may mention them.
  sh(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '@types/node@20.19.43'],
    project,
  )

  const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'))
  const specifiers = entries.map((entry) => name + entry.slice(1))
  const lines = specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}'`)
  const use = `console.log(${specifiers.map((_, index) => `Object.keys(entry${index}).length`).join(', ')})`
  writeFileSync(join(project, 'main.mts'), `${lines.join('\n')}\n${use}\n`)
  // These two are for Vitest, and load nowhere else.
  const importable = specifiers.filter((specifier) => !/\/(conformance|vitest)$/.test(specifier))
  writeFileSync(
    join(project, 'main.mjs'),
    importable.map((specifier) => `await import('${specifier}')`).join('\n'),
  )
  sh(process.execPath, ['main.mjs'], project)
  for (const [module, moduleResolution] of [
    ['NodeNext', 'NodeNext'],
    ['ESNext', 'Bundler'],
  ] as const) {
    const options = {
      module,
      moduleResolution,
      target: 'ES2022',
      lib: ['ES2022', 'ESNext.Disposable', 'DOM'],
      strict: true,
    }
    const compilerOptions = { ...options, noEmit: true, skipLibCheck: true, types: ['node'] }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.mts'] }))
    sh(bin('tsc'), ['-p', 'tsconfig.json'], project)
  }
  return `${name}: ${specifiers.length} ${specifiers.length === 1 ? 'entry' : 'entries'} imported and type-checked`
}

let failures = 0
try {
  for (const name of manifests.keys()) {
    try {
      console.log(check(name))
    } catch (error) {
      failures++
      console.error(`${name}: ${(error as Error).message}`)
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(
  failures === 0 ? 'all packages are fit to publish' : `${failures} packages are not fit to publish`,
)
process.exit(failures === 0 ? 0 : 1)

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { OutsideProject } from '../outside-project/outside-project.ts'
import { nodeTest } from '../outside-project/runners.ts'
import { archiveFaults } from './archive-faults.ts'
import { PackedPackages, sh } from './pack.ts'
import { unwrittenDependencies } from './written-dependencies.ts'

// Packs each package as npm would publish it, checks the archive, installs it alone into an empty project,
// imports every entry there under Node.js and type-checks that project as Node.js and as a bundler resolve
// it. Then a project of somebody else tests its wallet with them, and runs the conformance suite; `npm run
// check:outside` does so with every test runner.
const root = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'sapwood-packages-'))
const bin = (name: string): string => join(root, 'node_modules/.bin', name)

const packed = new PackedPackages(work)

function check(name: string): string {
  const archive = packed.archiveOf(name)
  const manifest = packed.manifests.get(name)!
  const faults = archiveFaults(archive)
  if (faults.length > 0) throw new Error(faults.join('; '))
  sh(bin('publint'), ['--strict', archive], root)
  const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'))
  // A command has none, and no types.
  if (entries.length > 0) sh(bin('attw'), [archive, '--profile', 'esm-only'], root)

  const project = join(work, name.replace('@sapwood/', ''))
  mkdirSync(project)
  // What it takes of ours where that is installed is in no registry either.
  const ownPeers = Object.keys(manifest.peerDependencies ?? {}).filter((peer) => packed.manifests.has(peer))
  const manifestHere = {
    private: true,
    type: 'module',
    dependencies: { ...manifest.peerDependencies, ...packed.dependenciesOn(name, ...ownPeers) },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifestHere))
  // The same Node.js types as the repository's own: a package's types may mention them.
  sh(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '@types/node@20.19.43'],
    project,
  )

  const specifiers = entries.map((entry) => name + entry.slice(1))
  const lines = specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}'`)
  const use = `console.log(${specifiers.map((_, index) => `Object.keys(entry${index}).length`).join(', ')})`
  writeFileSync(join(project, 'main.mts'), `${lines.join('\n')}\n${use}\n`)
  // Two are for Vitest, and load nowhere else; the third looks for a bitcoind, and installs one.
  const importable = specifiers.filter((specifier) => !/\/(conformance|vitest|setup)$/.test(specifier))
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

const unwritten = unwrittenDependencies(root)
for (const each of unwritten) console.error(each)
let failures = unwritten.length === 0 ? 0 : 1
try {
  for (const name of packed.manifests.keys()) {
    try {
      console.log(check(name))
    } catch (error) {
      failures++
      console.error(`${name}: ${(error as Error).message}`)
    }
  }
  const outside = new OutsideProject(packed, join(work, 'outside'), {})
  outside.test(process.execPath, nodeTest)
  await outside.conform()
} catch (error) {
  failures++
  console.error(`an outside project: ${(error as Error).message}`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(
  failures === 0
    ? 'all packages are fit to publish'
    : `${failures} faults: the packages are not fit to publish`,
)
process.exit(failures === 0 ? 0 : 1)

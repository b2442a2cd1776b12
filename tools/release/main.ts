import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PackedPackages, sh } from '../check-packages/pack.ts'
import { installedDependencies } from '../check-packages/written-dependencies.ts'
import { notesOf } from './notes-of.ts'
import { publishOrder } from './publish-order.ts'
import { missingFromSbom, sbomOf } from './sbom.ts'

// Packs all packages from a clean build, as the release workflow publishes them. `--twice` does it again and
// holds the archives against each other, byte for byte; `--tag v0.2.0` holds their version against the tag;
// `--into FOLDER` leaves there what is published: archives, SHA256SUMS, ORDER, NOTES.md and sbom.json.
const root = resolve(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: { twice: { type: 'boolean' }, tag: { type: 'string' }, into: { type: 'string' } },
})

/** Builds everything anew and packs it. */
function packFromCleanBuild(folder: string): PackedPackages {
  for (const name of readdirSync(join(root, 'packages'))) {
    rmSync(join(root, 'packages', name, 'dist'), { recursive: true, force: true })
  }
  const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true' }
  const nx = ['nx', 'run-many', '-t', 'build', '--skip-nx-cache']
  execFileSync('npx', nx, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] })
  mkdirSync(folder, { recursive: true })
  return new PackedPackages(folder)
}

/** What is built: the commit, and what is changed on top of it. */
function treeState(): string {
  return ['rev-parse HEAD', 'diff HEAD', 'status --porcelain']
    .map((args) => sh('git', args.split(' '), root))
    .join()
}

function digests(packed: PackedPackages): Map<string, string> {
  const found = new Map<string, string>()
  for (const name of packed.manifests.keys()) {
    const archive = packed.archiveOf(name)
    found.set(basename(archive), createHash('sha256').update(readFileSync(archive)).digest('hex'))
  }
  return found
}

const work = mkdtempSync(join(tmpdir(), 'sapwood-release-'))
const into = values.into === undefined ? join(work, 'release') : resolve(values.into)
try {
  const before = treeState()
  const packed = packFromCleanBuild(into)
  const versions = new Set([...packed.manifests.values()].map(({ version }) => version))
  const [version = ''] = versions
  if (versions.size !== 1) throw new Error(`not one version: ${[...versions].join(', ')}`)
  if (values.tag !== undefined && values.tag !== `v${version}`)
    throw new Error(`the tag is ${values.tag}, the packages are ${version}`)

  const first = digests(packed)
  if (values.twice === true) {
    const second = digests(packFromCleanBuild(join(work, 'again')))
    if (treeState() !== before)
      throw new Error('the tree was changed meanwhile: nothing is said about the builds')
    const others = [...first].filter(([archive, digest]) => second.get(archive) !== digest)
    if (others.length > 0) {
      throw new Error(`other bytes when built again: ${others.map(([archive]) => archive).join(', ')}`)
    }
    console.log('two clean builds, the same bytes')
  }
  for (const [archive, digest] of first) console.log(`${digest}  ${archive}`)
  const order = publishOrder(packed.manifests).map((name) => basename(packed.archiveOf(name)))
  const sums = [...first].map(([archive, digest]) => `${digest}  ${archive}\n`).join('')
  writeFileSync(join(into, 'SHA256SUMS'), sums)
  writeFileSync(join(into, 'ORDER'), `${order.join('\n')}\n`)
  writeFileSync(join(into, 'NOTES.md'), notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version))
  const sbom = sbomOf(packed, join(work, 'installed'))
  const missing = missingFromSbom(sbom, installedDependencies(root))
  if (missing.length > 0) throw new Error(`the bill of materials lacks ${missing.join(', ')}`)
  writeFileSync(join(into, 'sbom.json'), sbom)
  for (const archive of order) sh('npm', ['publish', '--dry-run', '--ignore-scripts', `./${archive}`], into)
  console.log(`${order.length} archives would be published, in this order: ${order.join(', ')}`)
} finally {
  rmSync(work, { recursive: true, force: true })
}

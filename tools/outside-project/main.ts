import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PackedPackages, sh } from '../check-packages/pack.ts'
import { OTHER_NODES } from '../npm/other-nodes.ts'
import { OutsideProject, ownVersion, PARSERS, QUIETLY } from './outside-project.ts'
import { checkRecipe } from './recipe.ts'
import { runners } from './runners.ts'

// A project of somebody else, made from the packed archives: it tests a small wallet with a scripted peer,
// a liar, a bad line and bitcoinds of its own, under each test runner, and runs the conformance suite. The
// tests have to pass, and to find a fault that is put in. With --all-nodes they do so on other releases of
// Node.js as well. Of this `npm run check:packages` does what takes little time.

const { values } = parseArgs({
  options: { 'all-nodes': { type: 'boolean', default: false } },
})
const work = mkdtempSync(join(tmpdir(), 'sapwood-outside-'))

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
  const all = runners(ownVersion('vitest'))
  const packages = Object.assign({}, PARSERS, ...all.map((runner) => runner.packages)) as typeof PARSERS
  const project = new OutsideProject(packed, join(work, 'project'), packages)
  for (const node of nodes()) for (const runner of all) project.test(node, runner)
  await project.conform()
  project.readReports()
  checkRecipe(packed, join(work, 'recipe'), { tsx: ownVersion('tsx') })
} finally {
  rmSync(work, { recursive: true, force: true })
}

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { runCommand, wholeNumber } from '../command-line/run-command.ts'
import { nameOf } from './corpus.ts'
import { type Finding, MAX_FINDINGS } from './fuzz-loop.ts'
import { watchedRun } from './watched-run.ts'

const USAGE =
  'Usage: npm run fuzz -- [package…] [--target name] [--seconds N] [--seed N]   (see tools/fuzz/README.md)'
const DEFAULT_SECONDS = '60'

const root = resolve(import.meta.dirname, '../..')

/** One target's file. */
interface TargetFile {
  readonly packageName: string
  readonly name: string
  readonly path: string
}

function findTargets(packages: readonly string[], name: string | undefined): TargetFile[] {
  return readdirSync(join(root, 'packages'))
    .filter((packageName) => packages.length === 0 || packages.includes(packageName))
    .flatMap((packageName) => targetsIn(packageName, join(root, 'packages', packageName, 'test/fuzz')))
    .filter((file) => name === undefined || file.name === name)
}

function targetsIn(packageName: string, folder: string): TargetFile[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.fuzz.ts'))
    .sort()
    .map((file) => ({ packageName, name: basename(file, '.fuzz.ts'), path: join(folder, file) }))
}

function writeFindings(folder: string, findings: readonly Finding[]): void {
  if (findings.length > 0) mkdirSync(folder, { recursive: true })
  for (const { bytes, error } of findings) {
    const file = join(folder, nameOf(bytes))
    writeFileSync(`${file}.bin`, bytes)
    writeFileSync(`${file}.txt`, `${error}\n\n${bytes.length} bytes: ${Buffer.from(bytes).toString('hex')}\n`)
    console.log(`    ${file}.bin\n    ${error.split('\n')[0]!}`)
  }
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string' } },
  })
  const seconds = wholeNumber(values.seconds ?? DEFAULT_SECONDS)
  const seed = values.seed === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : wholeNumber(values.seed)
  const targets = findTargets(positionals, values.target)
  if (targets.length === 0)
    throw new TypeError(`No fuzz target fits ${[...positionals, values.target ?? ''].join(' ')}`)

  console.log(`${targets.length} targets, ${seconds} seconds, seed ${seed}`)
  let found = 0
  let executions = 0
  for (const { packageName, name, path } of targets) {
    const folder = join(root, '.cache/fuzz', packageName, name)
    const result = await watchedRun({
      url: pathToFileURL(path).href,
      packageFolderUrl: pathToFileURL(join(root, 'packages', packageName)).href,
      corpusFolder: join(folder, 'corpus'),
      seconds: seconds / targets.length,
      seed,
      maxFindings: MAX_FINDINGS,
    })
    found += result.findings.length
    executions += result.executions
    console.log(
      `  ${`${packageName}/${name}`.padEnd(36)} ${String(result.executions).padStart(10)} inputs ` +
        `${String(result.corpus).padStart(5)} in the corpus ${String(result.functions).padStart(5)} functions ` +
        `${String(result.findings.length).padStart(3)} findings`,
    )
    writeFindings(join(folder, 'findings'), result.findings)
  }
  console.log(`${executions} inputs, ${found} findings`)
  return found === 0
}

await runCommand(USAGE, main)

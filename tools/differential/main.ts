import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { runCommand, wholeNumber } from '../command-line/run-command.ts'
import { Draw } from './draw.ts'
import type { Differential } from './target.ts'

const USAGE = `Usage: npm run differential -- [--seconds N] [--seed N] [--only PART]

Holds the backends that compute the same against each other on random inputs: our WebAssembly beside node:crypto, noble and
BigInt. Each gets its share of the seconds (default 60). The seed that is printed gives the same inputs again.`
const DEFAULT_SECONDS = '60'

const root = resolve(import.meta.dirname, '../..')

async function targets(): Promise<Differential[]> {
  const files = readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name, 'test/differential'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.differential.ts'))
  const modules = await Promise.all(
    files.map(
      async (file) => (await import(pathToFileURL(file).href)) as { default: readonly Differential[] },
    ),
  )
  return modules.flatMap((module) => module.default)
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
  })
  const seed = values.seed === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : wholeNumber(values.seed)
  const chosen = (await targets()).filter(({ name }) => name.includes(values.only ?? ''))
  if (chosen.length === 0) throw new TypeError(`Nothing is named like ${values.only ?? ''}`)
  const share = wholeNumber(values.seconds ?? DEFAULT_SECONDS) / chosen.length
  console.log(`seed ${seed}, ${share.toFixed(0)} seconds each`)
  let total = 0
  let differences = 0
  for (const { name, compare } of chosen) {
    const draw = new Draw(`${seed} ${name}`)
    const end = process.hrtime.bigint() + BigInt(Math.round(share * 1e9))
    let inputs = 0
    let difference = 'no difference'
    try {
      do inputs += compare(draw)
      while (process.hrtime.bigint() < end)
    } catch (error) {
      differences += 1
      difference = String(error)
    }
    total += inputs
    console.log(`${name.padEnd(60)} ${String(inputs).padStart(11)} inputs  ${difference}`)
  }
  console.log(`${total} inputs, ${differences} differences`)
  return differences === 0
}

await runCommand(USAGE, main)

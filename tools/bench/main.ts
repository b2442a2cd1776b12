import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Rounds, turns } from './against.ts'
import { checkout } from './checkout.ts'
import type { Figure } from './measure.ts'
import { Tree } from './tree.ts'

// Measures packages: ours beside the references of each bench, or with `--against` beside another state of
// our own code, the two in turn in one run, so that a machine whose speed drifts says nothing for either.
const ROUNDS = 5
const usage = `usage: npm run bench -- <name>... [--json] [--only <part of a file name>,...] [--against <git ref>] [--rounds <n>]
  --against   beside that state of the repository, with this one's dependencies; <n> runs of each file (${ROUNDS})`

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    against: { type: 'string' },
    rounds: { type: 'string', default: String(ROUNDS) },
  },
})
const ours = new Tree(resolve(import.meta.dirname, '../..'))
const chosen = (tree: Tree): readonly string[] =>
  names
    .flatMap((name) => tree.files(name))
    .filter((file) => values.only.split(',').some((part) => file.includes(part)))
const files = chosen(ours)
const rounds = Number(values.rounds)
if (values.help || files.length === 0 || !(rounds >= 1)) {
  const tell = values.help ? console.log : console.error
  tell(`${usage}\nnames: ${ours.names().join(', ')}`)
  process.exit(values.help ? 0 : 2)
}

let failed = 0
if (values.against === undefined) await besideReferences()
else await against(values.against)
process.exit(failed === 0 ? 0 : 1)

async function besideReferences(): Promise<void> {
  await ours.build()
  const widths = [34, 12, 10, 12, 30, 8]
  if (!values.json) console.log(line(widths, ['name', 'ours', 'unit', 'reference', 'against', 'ratio']))
  for (const file of files) {
    await run(ours, file, (figure) => {
      const { name, ours: own, unit, reference, referenceName, ratio } = figure
      const cells = [name, own, unit, reference ?? '', referenceName ?? '', ratio ?? '']
      console.log(values.json ? JSON.stringify(figure) : line(widths, cells))
    })
  }
}

async function against(ref: string): Promise<void> {
  const { folder, remove } = checkout(ours.root, ref)
  process.once('exit', remove)
  const trees = { before: new Tree(folder), after: ours }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const tree of Object.values(trees)) tree.stop()
      process.exit(1)
    })
  }
  for (const tree of Object.values(trees)) await tree.build()
  const widths = [34, 10, 12, 12, 8, 8]
  if (!values.json) console.log(line(widths, ['name', 'unit', 'before', 'after', 'ratio', 'noise']))
  const known = new Set(chosen(trees.before))
  for (const file of files) {
    if (!known.has(file)) {
      console.error(`${file} is not in ${ref}`)
      continue
    }
    const results = new Rounds()
    for (let round = 0; round < rounds; round++) {
      for (const side of turns(round)) {
        const figures: Figure[] = []
        await run(trees[side], file, (figure) => figures.push(figure))
        results.add(side, figures)
      }
    }
    for (const row of results.rows()) {
      const { name, unit, before, after, ratio, noise } = row
      const cells = [name, unit, rounded(before), rounded(after), ratio.toFixed(3), `±${noise.toFixed(3)}`]
      console.log(values.json ? JSON.stringify(row) : line(widths, cells))
    }
  }
}

async function run(tree: Tree, file: string, onFigure: (figure: Figure) => void): Promise<void> {
  const code = await tree.run(file, onFigure)
  if (code === 0) return
  failed += 1
  console.error(`${file} in ${tree.root} ended with ${code}`)
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function line(widths: readonly number[], cells: readonly (string | number)[]): string {
  return cells.map((cell, index) => String(cell).padEnd(widths[index]!)).join(' ')
}

import { parseArgs } from 'node:util'
import { runCommand, wholeNumber } from '../../../../tools/command-line/run-command.ts'
import { activeResources, Holdings } from '../soak/holdings.ts'
import { runChaos } from './chaos-run.ts'
import { HonestWork } from './honest-work.ts'
import { makePlan, planText } from './plan.ts'

const USAGE = `Usage: npm run chaos -- [options]

A node follows the blocks of a real bitcoind, broadcasts and reads filters, while connections are ended in every phase by reset,
FIN, half-close and silence, clocks step, stores fail, the process stalls and bitcoind ends and comes back. Each seed makes a plan,
which is printed; a seed that fails is played again with --seed N.

Options:
  --seeds N    how many seeds (default 10)
  --seed N     the first one (default 1); alone: this one only
  --quiet      print the plans of failing seeds only
  -h, --help   print this`

/** Seeds from which on what the process holds says something. */
const SEEDS_TO_MEASURE = 20

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return true
  }
  const first = wholeNumber(values.seed ?? '1')
  const seeds = wholeNumber(values.seeds ?? (values.seed === undefined ? '10' : '1'))
  const opened = activeResources().length
  const holdings = globalThis.gc === undefined ? undefined : new Holdings()
  const failed: number[] = []
  {
    await using work = await HonestWork.start()
    for (let seed = first; seed < first + seeds; seed++) {
      if (!(await playSeed(seed, work, values.quiet))) failed.push(seed)
      holdings?.take()
    }
  }
  const left = activeResources().slice(opened)
  if (left.length > 0) console.log(`left open: ${left.join(', ')}`)
  const isFlat = holdings === undefined || seeds < SEEDS_TO_MEASURE || holdings.flat
  if (holdings !== undefined && seeds >= SEEDS_TO_MEASURE) console.log(holdings.summary())
  console.log(`${seeds} seeds, ${failed.length} failed${failed.length === 0 ? '' : `: ${failed.join(', ')}`}`)
  return failed.length === 0 && left.length === 0 && isFlat
}

async function playSeed(seed: number, work: HonestWork, isQuiet: boolean): Promise<boolean> {
  const plan = makePlan(seed)
  if (!isQuiet) console.log(planText(plan))
  const { faults, blocks, reorgs, connections, recovery } = await runChaos(plan, work)
  if (faults.length > 0 && isQuiet) console.log(planText(plan))
  console.log(
    `${faults.length === 0 ? 'passed' : 'FAILED'}  seed ${seed}: ${blocks} blocks, ${reorgs} reorgs, ` +
      `${connections} connections, done ${Math.round(recovery)} ms after the last mishap`,
  )
  for (const fault of faults) console.log(`        ${fault}`)
  return faults.length === 0
}

await runCommand(USAGE, main)

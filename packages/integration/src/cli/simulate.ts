import { parseArgs } from 'node:util'
import { monotonicTime } from '../programs/default-sleep.ts'
import { scenarios } from '../simulator/scenarios/all.ts'

const USAGE = `Usage: npm run simulate -- [options]

Plays scenarios on a simulated network of Sapwood nodes, in one process on a virtual clock. The same options give the
same output, digest of the trace included; what it cost in real time goes to standard error.

Options:
  --nodes N        nodes that take part (default 50)
  --seed S         any text (default 1); give a failing one again to see it again
  --scenario NAME  only this one: ${scenarios.map(({ name }) => name).join(', ')}
  --growth         instead: what discovery costs with 50, 100, 200, 500 and 1,000 nodes (on standard error)
  -h, --help       print this`

/** Sizes of networks that `--growth` measures. */
const GROWTH = [50, 100, 200, 500, 1_000]

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      scenario: { type: 'string' },
      growth: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const nodes = Number(values.nodes)
  if (!Number.isInteger(nodes) || nodes < 3 || nodes > 5_000) throw new RangeError('--nodes takes 3 to 5000')
  const { seed } = values
  const chosen = scenarios.filter(({ name }) => values.scenario === undefined || values.scenario === name)
  if (chosen.length === 0) throw new RangeError(`no scenario is called ${values.scenario ?? ''}`)
  let failures = 0
  if (values.growth) {
    for (const size of GROWTH) failures += await play('discovery', size, seed)
  } else {
    for (const { name } of chosen) failures += await play(name, nodes, seed)
  }
  if (failures > 0) console.log(`failed with seed ${seed}`)
  return failures === 0 ? 0 : 1
}

/** @returns 1 when it did not come about. */
async function play(name: string, nodes: number, seed: string): Promise<number> {
  const scenario = scenarios.find((candidate) => candidate.name === name)!
  const started = monotonicTime()
  const before = process.cpuUsage()
  const result = await scenario.run({ seed, nodes })
  console.log(`${result.passed ? 'passed' : 'FAILED'}  ${name}: ${scenario.claim}`)
  for (const [fact, value] of Object.entries(result.facts)) console.log(`        ${fact}: ${value}`)
  console.log(`        trace: ${result.events} events, ${result.digest}`)
  const seconds = (monotonicTime() - started) / 1_000
  const { user, system } = process.cpuUsage(before)
  const processor = (user + system) / 1e6
  const memory = Math.round(process.memoryUsage().rss / 1e6)
  console.error(
    `        (${name}, ${nodes} nodes: ${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of a processor, ${memory} MB)`,
  )
  return result.passed ? 0 : 1
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(`sapwood: ${error instanceof Error ? error.message : String(error)}`)
    return 2
  }),
)

import { parseArgs } from 'node:util'
import { assaultUntilTold } from './support/assault-again.ts'
import { strengthsOf } from './support/attack.ts'
import { judge, LIMITS } from './support/judge.ts'
import { listAttacks } from './support/list-attacks.ts'
import { HEADLINE, reportLine } from './support/report-line.ts'

const USAGE = `Usage: npm run attack -- [options]

Attacks a node in a process of its own, which follows blocks from an honest peer and is pinged by another, from hostile peers in
a third process. Prints for each attack what the node held and how it answered, and whether it HELD. Fails where one succeeded.

Options:
  --only NAME      attacks whose name contains this, more than one with commas
  --peers N        hostile peers (default: each attack with 10 for what it costs in time, and with 114 or more for memory)
  --minutes M      goes through the set again and again for so long, or through as much of it as there is time for
  --slack F        multiplies the limits of time, for a machine that is not quiet (default 1)
  --list           names the attacks
  -h, --help       print this`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    peers: { type: 'string' },
    minutes: { type: 'string', default: '0' },
    slack: { type: 'string', default: '1' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

async function run(): Promise<boolean> {
  const wanted = values.only?.split(',')
  const attacks = (await listAttacks()).filter(
    ({ name }) => wanted?.some((part) => name.includes(part)) ?? true,
  )
  if (values.list) {
    for (const { name, attack } of attacks) console.log(`${name.padEnd(30)} ${attack.what}`)
    return true
  }
  if (attacks.length === 0) throw new Error(`No attack is named like ${values.only!}: see --list`)
  const slack = Number(values.slack)
  const minutes = Number(values.minutes)
  const end = performance.now() + minutes * 60_000
  const rounds = attacks.flatMap((listed) =>
    (values.peers === undefined ? strengthsOf(listed.attack) : [Number(values.peers)]).map((peers) => ({
      listed,
      peers,
    })),
  )
  let held = 0
  let succeeded = 0
  console.log(HEADLINE)
  for (let done = 0; minutes > 0 ? performance.now() < end : done < rounds.length; done++) {
    const { listed, peers } = rounds[done % rounds.length]!
    const measured = await assaultUntilTold(listed, { peers, strength: 1, quiet: slack === 1 })
    const reasons = judge(measured, { ...LIMITS, ...listed.attack.atMost }, slack)
    if (reasons.length === 0) held += 1
    else succeeded += 1
    const verdict = reasons.length === 0 ? 'HELD' : `ATTACK: ${reasons.join('; ')}`
    console.log(`${reportLine(listed.name, measured)}  ${verdict}`)
  }
  console.log(`${held} held, ${succeeded} succeeded`)
  return succeeded === 0
}

if (values.help) console.log(USAGE)
else process.exitCode = (await run()) ? 0 : 1

import { drawBelow, type Random, systemRandom } from '@sapwood/transport-v1v2/environment'
import Table from 'cli-table3'
import { crawlFleet, type FleetResult } from '../fleet/crawl-fleet.ts'
import type { FleetPlan } from '../fleet/fleet-plan.ts'
import { startNatsServer } from '../nats/nats-server.ts'

/** Connections of each worker. */
const CONNECTIONS = 32
/** Second bytes of 127.0.0.0/8 that runs draw theirs from. */
const NETS = { first: 64, count: 128 }

/** How large a fleet is. */
export interface FleetRunOptions {
  readonly listeners: number
  readonly workers: number
  /** Milliseconds for one visit; what a killed worker had is handed out again after as long. */
  readonly deadline: number
}

/** What a run has that is told nothing. */
export const DEFAULT_FLEET: FleetRunOptions = { listeners: 300, workers: 3, deadline: 30_000 }

/** Where the words of the run go. */
export interface FleetRunOutput {
  /** A table of the result. */
  result(text: string): void
  /** A line about what is going on. */
  note(text: string): void
}

/**
 * A NATS server, listeners on loopback that speak v1, v2 or are hostile, and crawl workers in processes of
 * their own, a third of which are killed in the middle, who and when being drawn: in the end each that
 * answers was found once.
 * @throws IntegrationError `check-failed`, `process-exited`, `program-not-found`
 */
export async function fleetRun(
  output: FleetRunOutput,
  { listeners, workers, deadline }: FleetRunOptions = DEFAULT_FLEET,
  random: Random = systemRandom,
): Promise<void> {
  await using server = await startNatsServer({ find: { onProgress: (line) => output.note(line) } })
  const plan: FleetPlan = { listeners, net: NETS.first + (process.pid % NETS.count) }
  output.note(`${listeners} listeners on 127.${plan.net}.0.0/16, nats-server on ${server.address}`)
  const deaths = momentsOfDeath({ listeners, workers }, random)
  const result = await crawlFleet({
    plan,
    servers: server.address,
    workers,
    connections: CONNECTIONS,
    deadline,
    onVisited: (visits, alive) => {
      if (!deaths.has(visits)) return undefined
      const victim = alive[drawBelow(random, alive.length)]!
      output.note(`after ${visits} visits ${victim.name} (process ${victim.pid}) is killed`)
      return victim
    },
  })
  output.result(`${fleetTable(result, workers)}\n`)
}

/** Visits after each of which a worker is killed, in the first two thirds of the crawl. */
function momentsOfDeath(
  { listeners, workers }: Pick<FleetRunOptions, 'listeners' | 'workers'>,
  random: Random,
): ReadonlySet<number> {
  const deaths = Math.max(1, Math.floor(workers / 3))
  const span = Math.floor((listeners * 2) / (3 * deaths))
  return new Set(Array.from({ length: deaths }, (_, index) => index * span + 1 + drawBelow(random, span)))
}

function fleetTable({ known, killed, visits }: FleetResult, workers: number): string {
  const table = new Table({
    style: { head: [], border: [] },
    head: ['worker', 'found', 'v1', 'v2', 'nobody there', 'how it ended'],
  })
  const row = (name: string, end: string, nodes: FleetResult['known']): string[] => {
    const found = nodes.filter(({ reached }) => reached)
    const over = (protocol: string): string =>
      String(found.filter(({ transport }) => transport === protocol).length)
    const failed = nodes.filter(({ reached, round }) => !reached && round > 0).length
    return [name, String(found.length), over('v1'), over('v2'), String(failed), end]
  }
  const names = Array.from({ length: workers }, (_, index) => `w${index + 1}`)
  for (const name of names) {
    const end = killed.includes(name) ? 'killed (SIGKILL)' : 'nobody was left to visit'
    table.push(
      row(
        name,
        end,
        known.filter(({ worker }) => worker === name),
      ),
    )
  }
  table.push(row('together', `${visits} visits reported, each node found once`, known))
  return `nodes by the worker that found them, as the frontier has them\n${table.toString()}`
}

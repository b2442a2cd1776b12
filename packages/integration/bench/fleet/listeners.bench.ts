import { drawBelow, systemRandom } from '@sapwood/transport-v1v2/environment'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { crawlFleet } from '../../src/fleet/crawl-fleet.ts'
import { startNatsServer } from '../../src/index.ts'
import { BUILT } from './built.ts'

const LISTENERS = 2_000
const LISTENER_PROCESSES = 4
const WORKERS = 6
const CONNECTIONS = 32
const DEADLINE = 60_000

/**
 * 2,000 listeners on loopback, of which one in ten is hostile, and six workers of which two are killed, those
 * and the moments drawn.
 * @throws IntegrationError where one that answers was not found, or one was found twice.
 */
const bench: Bench = async (emit) => {
  await using server = await startNatsServer()
  const span = LISTENERS / (WORKERS / 3)
  const deaths = Array.from({ length: WORKERS / 3 }, (_, index) => {
    return index * span + drawBelow(systemRandom, span) + 1
  })
  const { known, visits, killed } = await crawlFleet({
    plan: { listeners: LISTENERS, net: 100 + (process.pid % 50) },
    servers: server.address,
    workers: WORKERS,
    connections: CONNECTIONS,
    deadline: DEADLINE,
    listenerProcesses: LISTENER_PROCESSES,
    built: BUILT,
    onVisited: (visits, alive) =>
      deaths.includes(visits) ? alive[drawBelow(systemRandom, alive.length)] : undefined,
  })
  const found = known.filter(({ reached }) => reached).length
  const facts = { unit: 'nodes', better: 'higher' } as const
  emit(
    figure({
      name: `real listeners: found once, ${killed.length} of ${WORKERS} workers killed`,
      ...facts,
      ours: found,
    }),
  )
  emit(figure({ name: 'real listeners: visits reported', ...facts, ours: visits }))
}

export default bench

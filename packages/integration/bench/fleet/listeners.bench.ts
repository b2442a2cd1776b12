import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { crawlFleet } from '../../src/fleet/crawl-fleet.ts'
import { startNatsServer } from '../../src/index.ts'

const LISTENERS = 2_000
const LISTENER_PROCESSES = 4
const WORKERS = 6
const CONNECTIONS = 32
const DEADLINE = 60_000

/**
 * 2,000 listeners on loopback, of which one in ten is hostile, and six workers of which two are killed.
 * @throws IntegrationError where one that answers was not found, or one was found twice.
 */
const bench: Bench = async (emit) => {
  await using server = await startNatsServer()
  let killed = 0
  const { known, visits } = await crawlFleet({
    plan: { listeners: LISTENERS, net: 100 + (process.pid % 50) },
    servers: server.address,
    workers: WORKERS,
    connections: CONNECTIONS,
    deadline: DEADLINE,
    listenerProcesses: LISTENER_PROCESSES,
    onVisited: (soFar, alive) => {
      if (soFar < ((killed + 1) * LISTENERS) / 4 || killed === WORKERS / 3) return undefined
      killed += 1
      return alive.at(-1)
    },
  })
  const found = known.filter(({ reached }) => reached).length
  const facts = { unit: 'nodes', better: 'higher' } as const
  emit(figure({ name: `real listeners: found once, ${killed} killed`, ...facts, ours: found }))
  emit(figure({ name: 'real listeners: visits reported', ...facts, ours: visits }))
}

export default bench

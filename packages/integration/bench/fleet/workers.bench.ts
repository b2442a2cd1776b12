import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { crawlFleet } from '../../src/fleet/crawl-fleet.ts'
import { startNatsServer } from '../../src/index.ts'
import { BUILT } from './built.ts'

const WORKERS = [1, 2, 4, 8, 16]
/** Connections of each worker: so few that the cores are not full before there are many workers. */
const CONNECTIONS = 2
/** Milliseconds until a listener answers. */
const LATENCY = 200
const LISTENERS_PER_WORKER = 60
const DEADLINE = 120_000
/** Of the visits, those between which the rate is taken: all workers are busy, and none runs out of work. */
const STEADY = { from: 0.3, to: 0.9 }

/**
 * Nodes a second by the number of workers, over v1 and with peers that answer after 200 ms: each has a fixed
 * number of connections, and most of a visit is waiting, so it grows with the workers until the cores are
 * full. Listeners, workers and the server share this machine.
 */
const bench: Bench = async (emit) => {
  let one = 0
  for (const workers of WORKERS) {
    const rate = await rateOf(workers)
    if (workers === 1) one = rate
    const name = `crawl: ${workers} workers of ${CONNECTIONS} connections`
    const [reference, referenceName] = [one * workers, `${workers} times one worker`]
    emit(figure({ name, unit: 'nodes/s', better: 'higher', ours: rate, reference, referenceName }))
  }
}

async function rateOf(workers: number): Promise<number> {
  await using server = await startNatsServer()
  const listeners = LISTENERS_PER_WORKER * workers
  const times: number[] = []
  await crawlFleet({
    plan: { listeners, net: 200 + (process.pid % 50), kinds: ['v1'], latency: LATENCY },
    servers: server.address,
    workers,
    connections: CONNECTIONS,
    deadline: DEADLINE,
    onlyV1: true,
    together: true,
    built: BUILT,
    onVisited: () => {
      times.push(performance.now())
      return undefined
    },
  })
  const [from, to] = [Math.floor(listeners * STEADY.from), Math.floor(listeners * STEADY.to)]
  return ((to - from) * 1_000) / (times[to]! - times[from]!)
}

export default bench

import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { crawlFleet } from '../../src/fleet/crawl-fleet.ts'
import type { ListenerKind } from '../../src/fleet/fleet-plan.ts'
import { startNatsServer } from '../../src/index.ts'

const LISTENERS = 1_500
const CONNECTIONS = 32
const DEADLINE = 120_000

/** Processor time of a worker for each node that it crawls, its frontier on NATS included. */
const bench: Bench = async (emit) => {
  for (const kind of ['v1', 'v2'] as const) {
    const ours = await processorTime(kind)
    emit(figure({ name: `crawl: a visit over ${kind}`, unit: 'ms CPU a node', better: 'lower', ours }))
  }
}

async function processorTime(kind: ListenerKind): Promise<number> {
  await using server = await startNatsServer()
  const { workers } = await crawlFleet({
    plan: { listeners: LISTENERS, net: 150 + (process.pid % 50), kinds: [kind] },
    servers: server.address,
    workers: 1,
    connections: CONNECTIONS,
    deadline: DEADLINE,
    // Who speaks v2 is not asked for it by those who crawl v1 alone.
    onlyV1: kind === 'v1',
    together: true,
  })
  const { cpu, visited } = workers[0]!
  return cpu / visited
}

export default bench

import { formatPeerAddress } from '@sapwood/wire-codec'
import { type Bench, figure } from '../../../../tools/bench/measure.ts'
import { startChild } from '../../src/fleet/fleet-child.ts'
import { addressOf, type FleetPlan, type ListenerKind, reachableOf } from '../../src/fleet/fleet-plan.ts'
import { startListeners } from '../../src/fleet/start-listeners.ts'
import type { WorkerOrders } from '../../src/fleet/worker-process.ts'
import { startNatsServer } from '../../src/index.ts'
import { BUILT } from './built.ts'

/** Of those that answer, and of those that are hostile. */
const LISTENERS = { honest: 3_000, hostile: 300 }
/** Visits before time is taken. */
const WARM_UP = 1_000
const LISTENER_PROCESSES = 2
const CONNECTIONS = { honest: 32, hostile: LISTENERS.hostile }
/** Milliseconds of a visit; a hostile one takes as many, or nearly. */
const DEADLINE = { honest: 120_000, hostile: 15_000 }

/** Processor time of a worker for each node that it crawls, by what is spoken and where its frontier is. */
const bench: Bench = async (emit) => {
  const row = (name: string, ours: number): void =>
    emit(figure({ name: `crawl ${name}`, unit: 'ms CPU a node', better: 'lower', ours }))
  for (const kind of ['v1', 'v2'] as const) {
    row(`${kind}, embedded frontier`, await processorTime(kind, 'honest'))
    await using server = await startNatsServer()
    row(`${kind}, frontier on NATS`, await processorTime(kind, 'honest', server.address))
  }
  for (const kind of ['silent', 'drip'] as const) row(kind, await processorTime(kind, 'hostile'))
}

async function processorTime(
  kind: ListenerKind,
  size: 'honest' | 'hostile',
  servers?: string,
): Promise<number> {
  const plan: FleetPlan = { listeners: LISTENERS[size], net: 150 + (process.pid % 50), kinds: [kind] }
  const indices = Array.from({ length: size === 'honest' ? 1 : LISTENERS[size] }, (_, index) => index)
  const orders: WorkerOrders = {
    ...(servers !== undefined && { servers }),
    // The hostile tell of nobody.
    from: indices.map((index) => formatPeerAddress(addressOf(plan, index))),
    worker: 'w1',
    connections: CONNECTIONS[size],
    deadline: DEADLINE[size],
    hostPause: 0,
    // Who speaks v2 is not asked for it by those who crawl v1 alone.
    onlyV1: kind === 'v1',
    warmUp: size === 'honest' ? WARM_UP : 0,
    isSilent: true,
  }
  const listeners = await startListeners(plan, LISTENER_PROCESSES, BUILT)
  const worker = startChild('worker-process', 'w1', orders, BUILT)
  try {
    const { reached, measured, cpu } = await worker.reported('done')
    const expected = reachableOf(plan).length
    if (reached !== expected) throw new Error(`${reached} of ${expected} were reached`)
    return cpu / measured
  } finally {
    await Promise.all([worker, ...listeners].map((child) => child.kill()))
  }
}

export default bench

import { openNatsFrontier, type KnownNode } from '@sapwood/publish/frontier'
import { formatPeerAddress, regtest } from '@sapwood/wire-codec'
import { IntegrationError } from '../errors/integration-error.ts'
import { addressOf, type FleetPlan, kindOf, reachableOf } from './fleet-plan.ts'
import { type FleetChild, startChild } from './fleet-child.ts'
import { startListeners } from './start-listeners.ts'
import type { WorkerOrders } from './worker-process.ts'

/** Of the nodes that are missing, how many are named. */
const SHOWN_MISSING = 5

/** What a fleet is told. */
export interface CrawlFleetOptions {
  readonly plan: FleetPlan
  /** `host:port` of a NATS server that has seen no crawl. */
  readonly servers: string
  readonly workers: number
  readonly connections: number
  /** Milliseconds for one visit. */
  readonly deadline: number
  readonly hostPause?: number
  /** Processes that the listeners are in. Default: 2. */
  readonly listenerProcesses?: number
  readonly onlyV1?: boolean
  /** All workers begin at once, when the last of them is ready; else each begins when it is. */
  readonly together?: boolean
  /** The folder of a build whose processes are to be run. Default: from source where this is. */
  readonly built?: string
  /** Another worker is started for each that is killed. */
  readonly replacesKilled?: boolean
  /** Told of each visit that a worker reports. Who is given back is killed (SIGKILL). */
  readonly onVisited?: (visits: number, workers: readonly FleetChild[]) => FleetChild | undefined
}

/** What a fleet has found. */
export interface FleetResult {
  readonly known: readonly KnownNode[]
  readonly killed: readonly string[]
  /** Visits that were reported, those of the killed included. */
  readonly visits: number
}

/**
 * Listeners on loopback, and workers that crawl them by one NATS server, each in a process of its own.
 * @throws IntegrationError `process-exited` where one ended that should not; `check-failed` where what was
 * found is not what listens.
 */
export async function crawlFleet(options: CrawlFleetOptions): Promise<FleetResult> {
  const { plan, servers, deadline, hostPause = 0, onVisited } = options
  const listeners = await startListeners(plan, options.listenerProcesses ?? 2, options.built)
  const workers: FleetChild[] = []
  await using frontier = await openNatsFrontier({
    network: regtest,
    servers,
    worker: 'overseer',
    deadline,
    hostPause,
  })
  try {
    // Before anybody comes: a worker that finds nothing to do goes.
    await frontier.add([addressOf(plan, 0)])
    const killed = new Map<FleetChild, Promise<void>>()
    const counted = new Set<string>()
    let twice: string | undefined
    let visits = 0
    const ends: Promise<void>[] = []
    const start = (): void => {
      const child = startWorker(options, `w${workers.length + 1}`)
      workers.push(child)
      const end = endOf(child, () => killed.has(child))
      // One that fails before it is waited for fails the fleet then.
      end.catch(() => undefined)
      ends.push(end)
      child.onReport((report) => {
        if (report.type !== 'visited') return
        visits += 1
        if (report.counted && counted.has(report.address)) twice = report.address
        if (report.counted) counted.add(report.address)
        const victim = onVisited?.(
          visits,
          workers.filter((each) => !killed.has(each)),
        )
        if (victim === undefined || killed.has(victim)) return
        killed.set(victim, victim.kill())
        if (options.replacesKilled === true) start()
      })
    }
    for (let index = 0; index < options.workers; index++) start()
    if (options.together === true) {
      await Promise.all(workers.map((child) => child.reported('ready')))
      for (const child of workers) child.go()
    }
    // More come while it is waited for.
    for (let index = 0; index < ends.length; index++) await ends[index]
    const known: KnownNode[] = []
    for await (const node of frontier.snapshot()) known.push(node)
    const result = {
      known,
      killed: [...killed.keys()].map(({ name }) => name),
      visits,
    }
    if (twice !== undefined) throw new IntegrationError('check-failed', `two visits of ${twice} counted`)
    compare(options, result)
    return result
  } finally {
    await Promise.all([...workers, ...listeners].map((child) => child.kill()))
  }
}

function startWorker(options: CrawlFleetOptions, worker: string): FleetChild {
  const { servers, connections, deadline, hostPause = 0, onlyV1 = false, together = false } = options
  const orders: WorkerOrders = { servers, worker, connections, deadline, hostPause, onlyV1, together }
  return startChild('worker-process', worker, orders, options.built)
}

/** Resolves when a worker has done its part, or was killed. */
async function endOf(child: FleetChild, isKilled: () => boolean): Promise<void> {
  try {
    await child.reported('done')
  } catch (error) {
    if (!isKilled()) throw error
  }
}

/** Each that listens and answers was found, in the round and as what it is; and nobody else. */
function compare({ plan, onlyV1 = false }: CrawlFleetOptions, { known }: FleetResult): void {
  const found = known.filter(({ reached }) => reached)
  const received = found.map(({ address }) => formatPeerAddress(address)).sort()
  const expected = [...reachableOf(plan)].sort()
  if (received.join() !== expected.join()) {
    const missing = expected.filter((text) => !received.includes(text))
    const why = missing.slice(0, SHOWN_MISSING).map((text) => {
      const node = known.find(({ address }) => formatPeerAddress(address) === text)
      return `${text} (${node?.failure ?? (node === undefined ? 'not heard of' : 'not visited')})`
    })
    const message = `${received.length} nodes were found, ${expected.length} listen; missing: ${why.join(', ')}`
    throw new IntegrationError('check-failed', message, {
      expected: String(expected.length),
      received: String(received.length),
    })
  }
  for (const { address, height = 0, transport = 'none' } of found) {
    const speaks = kindOf(plan, height) === 'v1' || onlyV1 ? 'v1' : 'v2'
    if (transport === speaks) continue
    const message = `${formatPeerAddress(address)} speaks ${speaks}, and ${transport} was noted`
    throw new IntegrationError('check-failed', message, { expected: speaks, received: transport })
  }
}

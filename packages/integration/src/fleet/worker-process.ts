import { Crawl, visitNode } from '@sapwood/publish/crawl'
import { type Frontier, type NatsFrontierOptions, openNatsFrontier } from '@sapwood/publish/frontier'
import { eagerFallback, onlyV1 } from '@sapwood/transport-v1v2'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, regtest } from '@sapwood/wire-codec'
import { sleep } from '../programs/default-sleep.ts'
import { report, runChild, toldToGo } from './fleet-child.ts'
import { createLoopbackDialer } from './loopback-dialer.ts'

/** What a crawl worker of a fleet is told. */
export interface WorkerOrders {
  readonly servers: string
  readonly worker: string
  /** Connections at a time. */
  readonly connections: number
  /** Milliseconds for one visit; those until connected are a third of it. */
  readonly deadline: number
  readonly hostPause: number
  readonly onlyV1?: boolean
  /** It begins when its parent says so. */
  readonly together?: boolean
}

/** Dials a second: as many as there is room for. */
const RATE = 100_000
/** Attempts to open the frontier, and milliseconds between them. */
const OPENED_AT_MOST = 50
const OPENED_AGAIN = 200

runChild(async (given) => {
  const orders = given as WorkerOrders
  const { servers, worker, connections, deadline, hostPause } = orders
  const frontier = await opened({ network: regtest, servers, worker, deadline, hostPause })
  const options = {
    network: regtest,
    dialer: createLoopbackDialer(),
    fallback: orders.onlyV1 === true ? onlyV1 : eagerFallback,
    timeout: deadline / 3,
    wait: deadline / 3,
  }
  const { signal } = new AbortController()
  let visited = 0
  const crawl = new Crawl(
    { connections, rate: RATE },
    {
      frontier,
      clock: systemClock,
      signal,
      visit: (address, ends) => visitNode(address, options, { clock: systemClock, signal: ends }),
      onVisited: (address, { reached }, { counted }) => {
        visited += 1
        report({ type: 'visited', address: formatPeerAddress(address), reached, counted })
      },
    },
  )
  if (orders.together === true) await toldToGo()
  const [began, before] = [systemClock.now(), process.cpuUsage()]
  await crawl.run()
  const { user, system } = process.cpuUsage(before)
  const seconds = (systemClock.now() - began) / 1_000
  report({ type: 'done', visited, cpu: (user + system) / 1_000, seconds })
  await frontier.close()
  process.exit()
})

/** A server that is just being started again is waited for. */
async function opened(options: NatsFrontierOptions): Promise<Frontier> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openNatsFrontier(options)
    } catch (error) {
      if (attempt === OPENED_AT_MOST) throw error
      await sleep(OPENED_AGAIN)
    }
  }
}

import { createMemoryStore } from '@sapwood/node'
import { Crawl, visitNode } from '@sapwood/publish/crawl'
import { type Frontier, openEmbeddedFrontier, openNatsFrontier } from '@sapwood/publish/frontier'
import { eagerFallback, onlyV1 } from '@sapwood/transport-v1v2'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, parsePeerAddress, regtest } from '@sapwood/wire-codec'
import { sleep } from '../programs/default-sleep.ts'
import { report, runChild, toldToGo } from './fleet-child.ts'
import { createLoopbackDialer } from './loopback-dialer.ts'

/** What a crawl worker of a fleet is told. */
export interface WorkerOrders {
  /** Of the frontier that it shares. Default: none, and a frontier of its own. */
  readonly servers?: string
  /** Where it begins. Default: where others have begun. */
  readonly from?: readonly string[]
  readonly worker: string
  /** Connections at a time. */
  readonly connections: number
  /** Milliseconds for one visit; those until connected are a third of it. */
  readonly deadline: number
  readonly hostPause: number
  readonly onlyV1?: boolean
  /** It begins when its parent says so. */
  readonly together?: boolean
  /** Visits before its processor time is taken: compilers settle meanwhile. Default: 0. */
  readonly warmUp?: number
  /** It tells nothing but its end. */
  readonly isSilent?: boolean
}

/** Dials a second: as many as there is room for. */
const RATE = 100_000
/** Attempts to open the frontier, and milliseconds between them. */
const OPENED_AT_MOST = 50
const OPENED_AGAIN = 200

runChild(async (given) => {
  const orders = given as WorkerOrders
  const { connections, deadline, from = [], warmUp = 0, isSilent = false } = orders
  const frontier = await opened(orders)
  const { defaultPort } = regtest
  await frontier.add(from.map((text) => parsePeerAddress(text, { defaultPort })))
  const options = {
    network: regtest,
    dialer: createLoopbackDialer(),
    fallback: orders.onlyV1 === true ? onlyV1 : eagerFallback,
    timeout: deadline / 3,
    wait: deadline / 3,
  }
  const { signal } = new AbortController()
  let [visited, answered] = [0, 0]
  let before = process.cpuUsage()
  const crawl = new Crawl(
    { connections, rate: RATE },
    {
      frontier,
      clock: systemClock,
      signal,
      visit: (address, ends) => visitNode(address, options, { clock: systemClock, signal: ends }),
      onVisited: (address, { reached }, { counted }) => {
        visited += 1
        if (reached) answered += 1
        if (visited === warmUp) before = process.cpuUsage()
        if (!isSilent) report({ type: 'visited', address: formatPeerAddress(address), reached, counted })
      },
    },
  )
  if (orders.together === true) await toldToGo()
  if (warmUp === 0) before = process.cpuUsage()
  await crawl.run()
  const { user, system } = process.cpuUsage(before)
  const cpu = (user + system) / 1_000
  report({ type: 'done', visited, reached: answered, measured: visited - warmUp, cpu })
  await frontier.close()
  process.exit()
})

/** A server that is just being started again is waited for. */
async function opened({ servers, worker, deadline, hostPause }: WorkerOrders): Promise<Frontier> {
  const options = { network: regtest, deadline, hostPause }
  if (servers === undefined) return await openEmbeddedFrontier(options, { store: createMemoryStore() })
  for (let attempt = 1; ; attempt++) {
    try {
      return await openNatsFrontier({ ...options, servers, worker })
    } catch (error) {
      if (attempt === OPENED_AT_MOST) throw error
      await sleep(OPENED_AGAIN)
    }
  }
}

import { createMemoryStore } from '@sapwood/node'
import { drawBelow } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { formatPeerAddress, networks } from '@sapwood/wire-codec'
import { Crawl } from '../../src/crawl/crawl.ts'
import { openEmbeddedFrontier } from '../../src/frontier/embedded-frontier.ts'
import type { Frontier } from '../../src/frontier/frontier.ts'
import { settledOn } from './settled-on.ts'
import { type SimulatedKinds, SimulatedListeners } from './simulated-listeners.ts'

/** Workers of one crawl; a third of them is killed. */
const WORKERS = 24
/** Dials a second: as many as there is room for. */
const RATE = 1_000_000

/** What came of it. */
export interface KilledWorkersResult {
  readonly killed: number
  /** How often each was found, of those that were. */
  readonly found: ReadonlyMap<string, number>
  readonly listeners: SimulatedListeners
  /** Addresses that were not settled in the end. */
  readonly open: number
}

/** A round over simulated nodes on a virtual clock, in which every third worker dies at a moment drawn. */
export async function crawlWhileWorkersDie(
  kinds: SimulatedKinds,
  connections: number,
): Promise<KilledWorkersResult> {
  const clock = createVirtualClock()
  const random = createSeededRandom('many workers')
  const listeners = new SimulatedListeners(clock, kinds)
  const shared = await openEmbeddedFrontier(
    { network: networks.regtest, hostPause: 0 },
    { store: createMemoryStore(), clock },
  )
  await shared.add([listeners.address(0)])
  const found = new Map<string, number>()
  const alive: AbortController[] = []
  const betweenDeaths = Math.floor(listeners.size / WORKERS)
  let visits = 0
  let killed = 0

  const work = async (worker: string): Promise<void> => {
    const life = new AbortController()
    alive.push(life)
    const crawl = new Crawl(
      { connections, rate: RATE },
      {
        frontier: mortal(shared.join(worker), life.signal),
        clock,
        signal: life.signal,
        visit: (address, signal) => listeners.visit(address, signal),
        onVisited: (address, visit, { counted }) => {
          const text = formatPeerAddress(address)
          if (visit.reached && counted) found.set(text, (found.get(text) ?? 0) + 1)
          visits += 1
          if (visits % betweenDeaths !== 0 || killed >= WORKERS / 3) return
          killed += 1
          const [dying] = alive.splice(drawBelow(random, alive.length), 1)
          dying!.abort(new Error('killed'))
        },
      },
    )
    await crawl.run()
  }
  await settledOn(clock, Promise.all(Array.from({ length: WORKERS }, (_, index) => work(`w${index}`))))
  return { killed, found, listeners, open: (await shared.counts()).open }
}

/** Of a worker that is killed the frontier hears nothing any more: it lets go of nothing. */
function mortal(frontier: Frontier, death: AbortSignal): Frontier {
  const claim: Frontier['claim'] = async (most, signal) => {
    const claims = await frontier.claim(most, signal)
    return claims.map((each) => ({
      ...each,
      done: (facts, given) => (death.aborted ? gone() : each.done(facts, given)),
      failed: (why) => (death.aborted ? gone() : each.failed(why)),
      release: () => Promise.resolve(),
    }))
  }
  return new Proxy(frontier, {
    get: (target, name) => {
      if (name === 'claim') return claim
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function gone(): Promise<{ readonly counted: false; readonly added: 0 }> {
  return Promise.resolve({ counted: false, added: 0 })
}

import { createMemoryStore } from '@sapwood/node'
import { systemClock, type Clock } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import {
  formatHost,
  formatPeerAddress,
  type NetworkAddress,
  networks,
  type PeerAddress,
} from '@sapwood/wire-codec'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Crawl, type CrawlOptions } from '../../src/crawl/crawl.ts'
import { CrawlSummary } from '../../src/crawl/crawl-summary.ts'
import type { Visit } from '../../src/crawl/visit.ts'
import { openEmbeddedFrontier } from '../../src/frontier/embedded-frontier.ts'
import { settledOn } from '../support/settled-on.ts'

/** The node of this number; four ports of each host. */
function node(index: number): NetworkAddress {
  const host = index >> 2
  return {
    network: 'ipv4',
    bytes: Uint8Array.of(10, host >> 16, (host >> 8) & 0xff, host & 0xff),
    port: 8_333 + (index & 3),
  }
}

function seen(addresses: readonly PeerAddress[]): Visit {
  const facts = {
    transport: 'v2',
    userAgent: '/simulated/',
    services: 9n,
    version: 70_016,
    height: 1,
  } as const
  return { reached: true, ...facts, addresses, milliseconds: 1 }
}

/** A network in which each node knows two others and itself, by which all are found from the first. */
async function crawlOf(
  size: number,
  options: CrawlOptions,
  clock: Clock,
  signal = new AbortController().signal,
) {
  const visited: string[] = []
  const hosts = new Set<string>()
  const summary = new CrawlSummary()
  let most = 0
  const frontier = await openEmbeddedFrontier(
    { network: networks.regtest, hostPause: 0 },
    { store: createMemoryStore(), clock },
  )
  const crawl = new Crawl(options, {
    frontier,
    clock,
    signal,
    visit: async (address) => {
      const host = formatHost(address)
      expect(hosts.has(host)).toBe(false)
      hosts.add(host)
      most = Math.max(most, hosts.size)
      await Promise.resolve()
      hosts.delete(host)
      const { bytes, port } = address as NetworkAddress
      const index = (((bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) << 2) + port - 8_333
      return seen([2 * index + 1, 2 * index + 2, index].filter((each) => each < size).map(node))
    },
    onVisited: (address, visit) => {
      visited.push(formatPeerAddress(address))
      summary.add(address, visit)
    },
  })
  await frontier.add([node(0)])
  return { crawl, visited, summary, most: () => most, frontier }
}

describe('a crawl', () => {
  it('visits each of 10,000 simulated nodes once, and never two of a host at a time', async () => {
    const { crawl, visited, summary, most } = await crawlOf(
      10_000,
      { connections: 64, rate: 1e9 },
      systemClock,
    )
    await crawl.run()
    expect(visited.length).toBe(10_000)
    expect(new Set(visited).size).toBe(10_000)
    expect(most()).toBeLessThanOrEqual(64)
    expect(summary.facts()).toMatchObject({
      reached: 10_000,
      transports: { v2: 10_000 },
      networks: { ipv4: 10_000 },
    })
  })

  it('dials no faster than it may', async () => {
    const clock = createVirtualClock()
    const { crawl, visited } = await crawlOf(50, { connections: 64, rate: 2 }, clock)
    const running = crawl.run()
    // The first at once, then one each half second.
    for (let second = 0; second < 5; second++) await clock.advance(1_000)
    expect(visited.length).toBeGreaterThanOrEqual(10)
    expect(visited.length).toBeLessThanOrEqual(13)
    await clock.advance(60_000)
    await running
    expect(visited.length).toBe(50)
  })

  it('ends when enough have been seen, and by its signal', async () => {
    const few = await crawlOf(1_000, { connections: 8, rate: 1e9, most: 20 }, systemClock)
    await few.crawl.run()
    expect(few.visited.length).toBe(20)
    const stopping = new AbortController()
    const ended = await crawlOf(1_000, { connections: 8, rate: 1e9 }, systemClock, stopping.signal)
    stopping.abort()
    await ended.crawl.run()
    expect(ended.visited).toEqual([])
  })

  it('leaves a visit that does not end, and gives back what the user has cut off', async () => {
    const clock = createVirtualClock()
    const frontier = await openEmbeddedFrontier(
      { network: networks.regtest },
      { store: createMemoryStore(), clock },
    )
    await frontier.add([node(0)])
    const failures: string[] = []
    const crawlWith = (signal: AbortSignal) =>
      new Crawl(
        { connections: 1, rate: 1 },
        {
          frontier,
          clock,
          signal,
          visit: () => new Promise(() => undefined),
          onVisited: (_, visit) => failures.push(visit.reached ? '' : visit.failure),
        },
      )
    const stopping = new AbortController()
    const cutOff = crawlWith(stopping.signal).run()
    await clock.advance(1_000)
    stopping.abort()
    await settledOn(clock, cutOff)
    expect(failures).toEqual([])
    await settledOn(clock, crawlWith(new AbortController().signal).run())
    expect(failures).toEqual(['It took too long.'])
  })

  it('loses to one that never ends its slot, and nothing else', async () => {
    const clock = createVirtualClock()
    const frontier = await openEmbeddedFrontier(
      { network: networks.regtest, hostPause: 0 },
      { store: createMemoryStore(), clock },
    )
    const [endless, honest] = [2, 200]
    await frontier.add(Array.from({ length: endless + honest }, (_, index) => node(4 * index)))
    let [answered, leftAlone] = [0, 0]
    const crawl = new Crawl(
      { connections: endless + 1, rate: 1e9 },
      {
        frontier,
        clock,
        signal: new AbortController().signal,
        visit: (address) =>
          (address as NetworkAddress).bytes[3]! < endless
            ? new Promise(() => undefined)
            : Promise.resolve(seen([])),
        onVisited: (_, { reached }) => {
          if (reached) answered += 1
          else leftAlone += 1
        },
      },
    )
    const running = crawl.run()
    // Not a millisecond of the claims' time has passed.
    while (answered < honest) await setImmediate()
    expect([leftAlone, crawl.counts.busy]).toEqual([0, endless])
    await settledOn(clock, running)
    expect([answered, leftAlone]).toEqual([honest, endless])
  })
  it('ends with what the frontier fails of', async () => {
    const { crawl, frontier } = await crawlOf(50, { connections: 4, rate: 1e9 }, systemClock)
    frontier.claim = () => Promise.reject(new Error('the store is full'))
    await expect(crawl.run()).rejects.toThrow('the store is full')
  })
})

import { systemClock, type Clock } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { formatHost, formatPeerAddress, type NetworkAddress } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { Crawl, type CrawlOptions, type Visit } from './crawl.ts'
import { CrawlSummary } from './crawl-summary.ts'

/** The node of this number; four ports of each host. */
function node(index: number): NetworkAddress {
  const host = index >> 2
  return {
    network: 'ipv4',
    bytes: Uint8Array.of(10, host >> 16, (host >> 8) & 0xff, host & 0xff),
    port: 8_333 + (index & 3),
  }
}

const seen = (addresses: readonly NetworkAddress[]): Visit => ({
  reached: true,
  transport: 'v2',
  userAgent: '/simulated/',
  services: 9n,
  addresses,
  milliseconds: 1,
})

/** A network in which each node knows two others and itself, by which all are found from the first. */
function crawlOf(size: number, options: CrawlOptions, clock: Clock, signal = new AbortController().signal) {
  const visited: string[] = []
  const hosts = new Set<string>()
  const summary = new CrawlSummary()
  let most = 0
  const crawl = new Crawl(options, {
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
  crawl.add([node(0)])
  return { crawl, visited, summary, most: () => most }
}

describe('a crawl', () => {
  it('visits each of 10,000 simulated nodes once, and never two of a host at a time', async () => {
    const { crawl, visited, summary, most } = crawlOf(10_000, { connections: 64, rate: 1e9 }, systemClock)
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
    const { crawl, visited } = crawlOf(50, { connections: 64, rate: 2 }, clock)
    const running = crawl.run()
    // The first two at once, then one each half second.
    for (let second = 0; second < 5; second++) await clock.advance(1_000)
    expect(visited.length).toBeGreaterThanOrEqual(10)
    expect(visited.length).toBeLessThanOrEqual(13)
    await clock.advance(60_000)
    await running
    expect(visited.length).toBe(50)
  })

  it('ends when enough have been seen, and by its signal', async () => {
    const few = crawlOf(1_000, { connections: 8, rate: 1e9, most: 20 }, systemClock)
    await few.crawl.run()
    expect(few.visited.length).toBe(20)
    const stopping = new AbortController()
    const ended = crawlOf(1_000, { connections: 8, rate: 1e9 }, systemClock, stopping.signal)
    stopping.abort()
    await ended.crawl.run()
    expect(ended.visited).toEqual([])
  })

  it('visits nobody whom an earlier run has visited', async () => {
    const { crawl, visited } = crawlOf(1, { connections: 8, rate: 1e9 }, systemClock)
    crawl.skip([node(5)])
    expect(crawl.add([node(5), node(6)])).toEqual([node(6)])
    await crawl.run()
    expect(visited).not.toContain(formatPeerAddress(node(5)))
  })
})

import type { NetworkAddress } from '@sapwood/wire-codec'
import type { Resolver } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { NodeHandle } from '../src/index.ts'
import { address, FULL_NODE, nthAddress } from './support/addresses.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const MINUTE = 60_000
const SEED = 'seed.test'
const THERE = '5.6.7.8:18444'
const US = '1.2.3.4:18444'

/** As resolvers give it. */
const answer = (text: string): NetworkAddress => ({ ...address(text), port: 0 })

/** A resolver that knows these names, and what it was asked. */
function resolverOf(names: Readonly<Record<string, readonly NetworkAddress[]>>): Resolver & {
  readonly asked: string[]
} {
  const asked: string[] = []
  return {
    asked,
    resolve: async (name) => {
      asked.push(name)
      const found = names[name]
      if (found === undefined) throw new Error(`no such name: ${name}`)
      return found
    },
  }
}

async function startPair(
  clock: VirtualClock,
  network: MemoryNetwork,
  resolver: Resolver,
): Promise<{ readonly us: NodeHandle; readonly there: NodeHandle }> {
  const there = await startNode({ network, clock, address: THERE, node: { services: FULL_NODE } })
  await there.addresses.add(
    Array.from({ length: 6 }, (_, index) => ({
      address: nthAddress(index),
      services: FULL_NODE,
      time: Math.floor(clock.wallTime() / 1_000),
    })),
    '9.9.9.9',
  )
  const dialer = { ...network.dialerOf(US), resolver }
  const us = await startNode({
    network,
    clock,
    address: US,
    node: { dnsSeeds: [SEED] },
    components: { dialer, resolver },
  })
  return { us, there }
}

describe('a DNS seed', () => {
  it('that knows no names of our services is connected to by its plain name, and asked for addresses', async () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork()
    const resolver = resolverOf({ [SEED]: [answer('5.6.7.7'), answer('5.6.7.8')] })
    const { us, there } = await startPair(clock, network, resolver)
    const connecting: unknown[] = []
    us.events.on('peer-connecting', ({ kind, address: to }) => void connecting.push([kind, to]))
    await clock.advance(30_000)
    expect(resolver.asked.slice(0, 2)).toEqual([`x9.${SEED}`, SEED])
    expect(connecting[0]).toEqual(['addr-fetch', { network: 'name', host: SEED, port: 18444 }])
    // The first of its addresses is nobody's; the second one is asked.
    expect(us.addresses.counts().total).toBeGreaterThan(2)
    await stopNodes(clock, us, there)
    expect(clock.pendingTimers).toBe(0)
  })

  it('that answers is not connected to', async () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork()
    const resolver = resolverOf({ [`x9.${SEED}`]: [answer('5.6.7.8')], [SEED]: [answer('5.6.7.8')] })
    const { us, there } = await startPair(clock, network, resolver)
    await clock.advance(10 * MINUTE)
    expect(resolver.asked).toEqual([`x9.${SEED}`])
    expect(us.peers().filter(({ inbound }) => !inbound)).not.toEqual([])
    await stopNodes(clock, us, there)
  })

  it('is asked again while nobody is there, and finds who is there then', async () => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork()
    const names: Record<string, readonly NetworkAddress[]> = {}
    const resolver = resolverOf(names)
    const { us, there } = await startPair(clock, network, resolver)
    await clock.advance(5 * MINUTE)
    const asked = resolver.asked.length
    expect(asked).toBe(4)
    // The machine is online again.
    names[`x9.${SEED}`] = [answer('5.6.7.8')]
    await clock.advance(3 * MINUTE)
    expect(us.peers()).toHaveLength(1)
    const settled = resolver.asked.length
    await clock.advance(5 * MINUTE)
    expect(resolver.asked).toHaveLength(settled)
    await stopNodes(clock, us, there)
  })

  it.each<[string, () => readonly NetworkAddress[]]>([
    ['100,000 addresses', () => Array.from({ length: 100_000 }, (_, index) => nthAddress(index))],
    [
      'what is none',
      () => [
        { network: 'ipv4', bytes: new Uint8Array(3), port: 0 },
        { network: 'ipv6', bytes: new Uint8Array(0), port: 0 },
        { network: 'torv3', bytes: new Uint8Array(32), port: 0 },
      ],
    ],
  ])('that answers with %s fills no table, and ends nothing', async (_, given) => {
    const clock = createVirtualClock()
    const network = createMemoryNetwork()
    const resolver = resolverOf({ [`x9.${SEED}`]: given() })
    const us = await startNode({
      network,
      clock,
      address: US,
      node: { dnsSeeds: [SEED] },
      components: { resolver },
    })
    await clock.advance(60_000)
    expect(us.addresses.counts().total).toBeLessThanOrEqual(32)
    expect(us.addresses.sample(100).map(({ address: { network: of } }) => of)).not.toContain('torv3')
    await stopNodes(clock, us)
  })
})

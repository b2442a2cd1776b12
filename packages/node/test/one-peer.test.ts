import type { NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import type { Resolver } from '@sapwood/transport-v1v2/environment'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { NodeHandle, NodeOptions } from '../src/index.ts'
import { address } from './support/addresses.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const US = '1.2.3.4:18444'
const THERE = '5.6.7.8:18444'
const ELSEWHERE = '9.8.7.6:18444'

/** Two hosts, and a node that knows them by addresses and by names. */
async function start(
  names: Readonly<Record<string, readonly (string | NetworkAddress)[]>>,
  node: Partial<NodeOptions> = {},
) {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const there = await startNode({ network, clock, address: THERE })
  const elsewhere = await startNode({ network, clock, address: ELSEWHERE })
  const known: Record<string, readonly NetworkAddress[]> = {}
  for (const [name, addresses] of Object.entries(names))
    known[name] = addresses.map((one) => (typeof one === 'string' ? address(one) : one))
  const resolver: Resolver = {
    resolve: async (name) => {
      await Promise.resolve()
      return known[name] ?? []
    },
  }
  const us = await startNode({ network, clock, address: US, node, components: { resolver } })
  const seen = { connections: 0, failures: [] as string[] }
  us.events.on('peer-connected', () => void (seen.connections += 1))
  us.events.on(
    'connection-failed',
    ({ error }) => void seen.failures.push(Reflect.get(error, 'code') as string),
  )
  return {
    network,
    clock,
    us,
    there,
    known,
    seen,
    after: async <T>(promise: Promise<T>, milliseconds = 5_000): Promise<T> => {
      promise.catch(() => undefined)
      await clock.advance(milliseconds)
      return promise
    },
    [Symbol.asyncDispose]: () => stopNodes(clock, us, there, elsewhere),
  }
}

/** 5.6.7.8 as some systems give it. */
const mapped = {
  network: 'ipv6',
  bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 5, 6, 7, 8),
  port: 18444,
} as const

const outbound = (node: NodeHandle) => node.peers().filter(({ inbound }) => !inbound)

describe('one peer has one connection, by whichever of its names and addresses it was added', () => {
  const names = {
    'a.test': ['5.6.7.8'],
    'b.test': ['5.6.7.8'],
    'both.test': ['5.6.7.8', '9.8.7.6'],
    'twice.test': [mapped, '5.6.7.8'],
  }
  it.each<[string, readonly (PeerAddress | string)[], number]>([
    ['an address and a name', [THERE, 'a.test'], 1],
    ['a name and an address', ['a.test', THERE], 1],
    ['two names', ['a.test', 'b.test'], 1],
    ['a name of several addresses, one of which is connected', [THERE, 'both.test'], 1],
    ['a name, again with a dot, again in capitals', ['a.test', 'a.test.', 'A.Test'], 1],
    ['a name that gives an address in several forms', ['twice.test', 'a.test'], 1],
    ['objects of other forms', [{ network: 'name', host: '5.6.7.8', port: 18444 }, mapped, THERE], 1],
    ['another port', [THERE, 'a.test:18445'], 1],
    ['two peers', [ELSEWHERE, 'a.test'], 2],
  ])('%s', async (_, peers, count) => {
    for (const options of [{ connect: peers }, { addPeers: peers }]) {
      await using set = await start(names, options)
      await set.clock.advance(180_000)
      expect(outbound(set.us)).toHaveLength(count)
      expect(set.seen.connections).toBe(count)
      if (!peers.includes('a.test:18445'))
        expect(set.us.network.addedPeers().every(({ connected }) => connected !== undefined)).toBe(true)
    }
  })

  it('added while it is connected: connectPeer gives the peer that is there, once is refused', async () => {
    await using set = await start(names)
    const { peer } = await set.after(set.us.network.connectPeer(THERE))
    expect((await set.after(set.us.network.connectPeer('a.test'))).peer).toBe(peer)
    expect((await set.after(set.us.network.connectPeer('b.test'))).peer).toBe(peer)
    await expect(set.after(set.us.network.connectPeer('both.test', { once: true }))).rejects.toMatchObject({
      name: 'NodeError',
      code: 'already-connected',
    })
    expect(outbound(set.us)).toHaveLength(1)
    expect(set.seen).toMatchObject({ connections: 1 })
  })

  it('connected by its name, its address is known', async () => {
    await using set = await start(names)
    const { peer } = await set.after(set.us.network.connectPeer('a.test'))
    expect((await set.after(set.us.network.connectPeer(THERE))).peer).toBe(peer)
    await expect(set.after(set.us.addPeer(THERE, { once: true }))).rejects.toMatchObject({
      code: 'already-connected',
    })
    // As long as it is added by one of them it is kept.
    await set.after(set.us.network.removePeer('a.test'))
    expect(outbound(set.us)).toHaveLength(1)
    await set.after(set.us.network.removePeer(THERE))
    expect(outbound(set.us)).toHaveLength(0)
  })

  it('is dialled by its other name when the connection has ended', async () => {
    await using set = await start(names, { addPeers: ['a.test'] })
    const { peer } = await set.after(
      set.us.network.connectPeer(THERE, { once: true }).catch(() => ({ peer: -1 })),
    )
    expect(peer).toBe(-1)
    const [first] = outbound(set.us)
    await set.after(set.us.network.connectPeer('b.test'))
    await set.after(set.us.disconnectPeer(first!.id), 20_000)
    expect(outbound(set.us)).toHaveLength(1)
    expect(set.seen.connections).toBe(2)
  })

  it('and its failures are those of one: the other name costs it no try', async () => {
    await using set = await start(names, { addPeers: [THERE, 'a.test', 'b.test'] })
    await set.clock.advance(10 * 60_000)
    expect(set.us.network.addedPeers().map(({ failures }) => failures)).toEqual([0, 0, 0])
    expect(set.seen.failures.length).toBeLessThan(5)
  })
})

describe('a name', () => {
  it('is tried at all of its addresses, however many', async () => {
    const dead = Array.from({ length: 40 }, (_, index) => `6.6.${index}.1`)
    await using set = await start({ 'many.test': [...dead, '5.6.7.8'] })
    await set.after(set.us.network.connectPeer('many.test'), 20_000)
    expect(outbound(set.us)).toHaveLength(1)
  })

  it('leads to nobody under a ban, and a ban ends what it led to', async () => {
    await using set = await start({ 'a.test': ['5.6.7.8'], 'both.test': ['5.6.7.8', '9.8.7.6'] })
    await set.after(set.us.network.connectPeer('a.test'))
    await set.after(set.us.bans.ban('5.6.7.0/24'))
    expect(outbound(set.us)).toHaveLength(0)
    await set.after(set.us.network.removePeer('a.test'))
    await expect(set.after(set.us.network.connectPeer('a.test', { once: true }))).rejects.toMatchObject({
      name: 'NodeError',
      code: 'address-banned',
    })
    await set.after(set.us.network.connectPeer('both.test'))
    expect(set.network.dialled.filter((to) => to === THERE)).toHaveLength(1)
    expect(set.network.dialled).toContain(ELSEWHERE)
  })

  it.each<[string, () => Promise<readonly NetworkAddress[]>]>([
    ['throws', () => Promise.reject(new Error('no network'))],
    ['knows nothing', () => Promise.resolve([])],
    ['gives what is none', () => Promise.resolve([{ network: 'ipv4', bytes: new Uint8Array(1), port: 0 }])],
    ['gives no list', () => Promise.resolve(undefined as never)],
    [
      'throws at once',
      () => {
        throw new Error('not today')
      },
    ],
    ['is silent', () => new Promise(() => undefined)],
  ])('is a failure as others are where the resolver %s', async (_, resolve) => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const dialer = { ...network.dialerOf(US), resolver: { resolve } }
    const us = await startNode({ network, clock, address: US, components: { dialer } })
    const failed: unknown[] = []
    us.events.on('connection-failed', ({ error }) => void failed.push(error))
    void us.addPeer('a.test')
    await clock.advance(60_000)
    expect(failed[0]).toMatchObject({ name: 'TransportError' })
    await stopNodes(clock, us)
    expect(clock.pendingTimers).toBe(0)
  })
})

it.each<[string, unknown]>([
  ['bytes of another length', { network: 'ipv4', bytes: new Uint8Array(5), port: 1 }],
  ['no bytes', { network: 'ipv6', port: 1 }],
  ['a port that is none', { network: 'ipv4', bytes: new Uint8Array(4), port: 65_536 }],
  ['a network that is none', { network: 'torv2', bytes: new Uint8Array(10), port: 1 }],
  ['a name that is none', { network: 'name', host: 'no name', port: 1 }],
  ['an onion name that is none', { network: 'name', host: 'abc.onion', port: 1 }],
  ['nothing', null],
])('an address of %s is refused', async (_, given) => {
  await using set = await start({})
  await expect(set.after(set.us.addPeer(given as PeerAddress))).rejects.toMatchObject({
    name: 'NodeError',
    code: 'invalid-address',
  })
})

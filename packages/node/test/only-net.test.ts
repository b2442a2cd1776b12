import { mainnet, networks, type PeerAddress } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import {
  createMemoryStore,
  createNode,
  type NodeComponents,
  type NodeDialer,
  type NodeHandle,
  type NodeOptions,
} from '../src/index.ts'
import { AnchorStore } from '../src/addresses/anchor-store.ts'
import { address, FULL_NODE } from './support/addresses.ts'

/** Names that a node asked the resolver for, whatever it was given them for. */
async function lookedUp(
  options: Partial<NodeOptions>,
  call: (node: NodeHandle) => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const clock = createVirtualClock()
  const names: string[] = []
  const resolver = {
    resolve: (name: string) => {
      names.push(name)
      return Promise.resolve([])
    },
  }
  const node = await createNode({ network: mainnet, fixedSeeds: false, ...options }, { clock, resolver })
  const calling = call(node).catch(() => undefined)
  await clock.advance(60_000)
  const stopping = node.stop()
  await clock.advance(6_000)
  await stopping
  await calling
  return names
}

const tor = { host: '127.0.0.1', port: 9 }

it('asks no DNS seed where neither IPv4 nor IPv6 is to be reached', async () => {
  expect(await lookedUp({ onion: tor, onlyNet: ['onion'] })).toEqual([])
  expect(await lookedUp({ onion: tor })).not.toEqual([])
})

describe('no name is looked up, whichever way it comes in', () => {
  const given: Partial<NodeOptions> = {
    addPeers: ['a.name.test', { network: 'name', host: 'b.name.test', port: 1 }],
    seedNodes: ['c.name.test'],
    dnsSeeds: ['d.name.test'],
  }
  const calls = async (node: NodeHandle): Promise<void> => {
    await node.addPeer('e.name.test')
    await node.addPeer('f.name.test', { kind: 'addr-fetch' })
    await node.network.connectPeer('g.name.test', { timeout: 30_000 })
  }
  const reaches: [string, Partial<NodeOptions>][] = [
    ['onlyNet: onion', { onion: tor, onlyNet: ['onion'] }],
    ['onlyNet: i2p', { i2p: { sam: tor }, onlyNet: ['i2p'] }],
    ['onlyNet: cjdns', { cjdns: true, onlyNet: ['cjdns'] }],
    ['a proxy', { proxy: tor }],
    ['a proxy, but none for onion services', { proxy: tor, onion: false }],
    ['a proxy, and onlyNet: ipv4', { proxy: tor, onlyNet: ['ipv4'] }],
  ]
  it.each(reaches)('with %s', async (_, options) => {
    expect(await lookedUp({ network: networks.regtest, ...options, ...given }, calls)).toEqual([])
    expect(await lookedUp({ ...options, connect: ['h.name.test:1234'] })).toEqual([])
  })

  it('but is without those', async () => {
    const names = await lookedUp({ network: networks.regtest, ...given }, calls)
    for (const name of 'abcdefg') expect(names).toContain(`${name}.name.test`)
    expect(await lookedUp({ connect: ['h.name.test:1234'] })).toContain('h.name.test')
  })
})

describe('a dialer of the program’s own', () => {
  const hidden: PeerAddress = { network: 'torv3', bytes: new Uint8Array(32).fill(7), port: 8333 }
  const clear = address('44.4.4.4:8333')

  /** What a node dials that knows an address in the clear and an onion service. */
  async function dialled(
    options: Partial<NodeOptions>,
    says: Partial<NodeDialer> = {},
    components: NodeComponents = {},
  ): Promise<readonly PeerAddress[]> {
    const clock = createVirtualClock()
    const to: PeerAddress[] = []
    const dial: NodeDialer['dial'] = (each) => {
      to.push(each)
      return Promise.reject(new Error('nobody is there'))
    }
    const dialer = { ...says, dial }
    const node = await createNode(
      { network: mainnet, fixedSeeds: false, dnsSeeds: false, ...options },
      { clock, dialer, ...components },
    )
    const time = Math.floor(clock.wallTime() / 1_000)
    const adding = node.addresses.add(
      [hidden, clear].map((each) => ({ address: each as typeof clear, services: FULL_NODE, time })),
      '9.9.9.9',
    )
    await clock.advance(120_000)
    await adding
    const stopping = node.stop()
    await clock.advance(6_000)
    await stopping
    return to
  }
  const networksOf = (addresses: readonly PeerAddress[]): ReadonlySet<string> =>
    new Set(addresses.map(({ network }) => network))

  it('is given addresses of the networks of onlyNet alone, whatever it reaches', async () => {
    expect(networksOf(await dialled({}))).toEqual(new Set(['ipv4']))
    expect(networksOf(await dialled({ onlyNet: ['onion'] }))).toEqual(new Set(['torv3']))
    const both: Partial<NodeDialer> = { reachable: new Set(['ipv4', 'torv3']) }
    expect(networksOf(await dialled({}, both))).toEqual(new Set(['ipv4', 'torv3']))
    expect(networksOf(await dialled({ onlyNet: ['onion', 'i2p'] }, both))).toEqual(new Set(['torv3']))
  })

  it('is refused where it reaches nothing of onlyNet, or looks up names that this is to hide', async () => {
    const refused = { code: 'invalid-argument', detail: 'onlyNet' }
    const inTheClear: Partial<NodeDialer> = { reachable: new Set(['ipv4']) }
    await expect(dialled({ onlyNet: ['onion'] }, inTheClear)).rejects.toMatchObject(refused)
    const resolver = { resolve: () => Promise.resolve([]) }
    await expect(dialled({ onlyNet: ['onion'] }, { resolver })).rejects.toMatchObject(refused)
    await expect(dialled({ onlyNet: ['i2p'] }, { resolvesNames: true })).rejects.toMatchObject(refused)
  })

  it('is given the names of DNS seeds as they are, unless there is somebody to look them up', async () => {
    const seed = { network: 'name', host: 'seed.invalid', port: 8333 }
    const seeds: Partial<NodeOptions> = { dnsSeeds: ['seed.invalid'] }
    // With addresses of last time in hand, seeds are asked later.
    expect(await dialled(seeds)).toContainEqual(seed)
    const names: string[] = []
    const resolver: NodeComponents['resolver'] = {
      resolve: (name) => {
        names.push(name)
        return Promise.resolve([address('45.5.5.5:0')])
      },
    }
    expect(await dialled(seeds, {}, { resolver })).not.toContainEqual(seed)
    expect(names).toContain('x9.seed.invalid')
    names.length = 0
    expect(await dialled({ ...seeds, onlyNet: ['onion'] }, {}, { resolver })).toContainEqual(seed)
    expect(names).toEqual([])
  })

  it('is not given block-relay peers of last time in networks that are not wanted any more', async () => {
    const store = createMemoryStore()
    const anchors = new AnchorStore(store.namespace('anchors'))
    const other = address('45.5.5.5:8333')
    await anchors.save([other])
    expect(await dialled({}, {}, { store })).toContainEqual(other)
    await anchors.save([other])
    const reachable: Partial<NodeDialer> = { reachable: new Set(['torv3']) }
    expect(networksOf(await dialled({ onlyNet: ['onion'] }, reachable, { store }))).toEqual(
      new Set(['torv3']),
    )
  })
})

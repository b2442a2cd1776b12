import { mainnet, networks } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { createNode, type NodeHandle, type NodeOptions } from '../src/index.ts'

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

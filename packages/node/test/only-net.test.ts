import { mainnet } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { createNode, type NodeOptions } from '../src/index.ts'

async function lookedUp(options: Partial<NodeOptions>): Promise<string[]> {
  const clock = createVirtualClock()
  const names: string[] = []
  const resolver = {
    resolve: (name: string) => {
      names.push(name)
      return Promise.resolve([])
    },
  }
  const node = await createNode({ network: mainnet, fixedSeeds: false, ...options }, { clock, resolver })
  await clock.advance(60_000)
  const stopping = node.stop()
  await clock.advance(6_000)
  await stopping
  return names
}

it('asks no DNS seed where neither IPv4 nor IPv6 is to be reached', async () => {
  const onion = { host: '127.0.0.1', port: 9 }
  expect(await lookedUp({ onion, onlyNet: ['onion'] })).toEqual([])
  expect(await lookedUp({ onion })).not.toEqual([])
})

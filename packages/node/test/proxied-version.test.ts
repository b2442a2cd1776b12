import { type MessageOf, regtest } from '@sapwood/wire-codec'
import { decodePayload } from '@sapwood/wire-codec'
import { accept, type ByteStream } from '@sapwood/transport-v1v2'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import type { NodeDialer } from '../src/index.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const THERE = '5.6.7.8:18444'

/** What our `version` says of the remote's address. */
async function receiverOf(route: Pick<NodeDialer, 'routeOf'>): Promise<MessageOf<'version'>['receiver']> {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const hearing = new Promise<MessageOf<'version'>>((resolve, reject) => {
    const hear = async (stream: ByteStream): Promise<void> => {
      const transport = await accept(stream, { network: regtest }, { clock })
      const [first] = (await transport.reader.read()) ?? []
      if (first === undefined) throw new Error('nothing was heard')
      resolve(decodePayload(first.command, first.payload) as MessageOf<'version'>)
    }
    network.answer(THERE, (stream) => void hear(stream).catch(reject))
  })
  const address = '1.2.3.4:18444'
  const dialer = { ...network.dialerOf(address), ...route }
  const node = await startNode({ network, clock, address, components: { dialer } })
  void node.addPeer(THERE)
  await clock.advance(1_000)
  const { receiver } = await hearing
  await stopNodes(clock, node)
  return receiver
}

const NO_ADDRESS = { services: 0n, ip: new Uint8Array(16), port: 0 }

it('repeats the address that was dialled directly', async () => {
  const direct = { ip: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 5, 6, 7, 8), port: 18444 }
  expect(await receiverOf({})).toMatchObject(direct)
  expect(await receiverOf({ routeOf: () => 'direct' })).toMatchObject(direct)
})

it('tells no address through a proxy, nor where the way cannot be told', async () => {
  expect(await receiverOf({ routeOf: () => 'proxy' })).toEqual(NO_ADDRESS)
  expect(await receiverOf({ routeOf: () => 'i2p' })).toEqual(NO_ADDRESS)
  const broken = (): never => {
    throw new Error('not today')
  }
  expect(await receiverOf({ routeOf: broken })).toEqual(NO_ADDRESS)
})

import { regtest } from '@sapwood/wire-codec'
import { accept, type ByteStream } from '@sapwood/transport-v1v2'
import { createPeer } from '@sapwood/peer'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import type { NodeEventOf } from '../src/index.ts'
import { FULL_NODE } from './support/addresses.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const THERE = '5.6.7.8:18444'
const P2P_V2 = 1n << 11n

async function downgrades(
  answer: (stream: ByteStream, attempt: number, serve: () => void) => void,
): Promise<NodeEventOf<'transport-downgraded'>[]> {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  let attempt = 0
  network.answer(THERE, (stream) => {
    const serve = async (): Promise<void> => {
      const transport = await accept(stream, { network: regtest }, { clock })
      createPeer(
        transport,
        { network: regtest, kind: 'inbound', version: { services: FULL_NODE | P2P_V2 } },
        { clock },
      )
    }
    answer(stream, ++attempt, () => void serve().catch(() => undefined))
  })
  const node = await startNode({ network, clock, address: '1.2.3.4:18444' })
  const told: NodeEventOf<'transport-downgraded'>[] = []
  node.events.on('transport-downgraded', (event) => void told.push(event))
  void node.addPeer(THERE)
  await clock.advance(10_000)
  expect(node.peers()).toHaveLength(1)
  await stopNodes(clock, node)
  return told
}

it('tells that v1 is spoken because v2 failed, once', async () => {
  const told = await downgrades((stream, attempt, serve) => {
    if (attempt === 1) stream.abort(new Error('somebody on the way'))
    else serve()
  })
  expect(told).toMatchObject([{ kind: 'manual', error: { name: 'TransportError' } }])
})

it('tells nothing where v2 is spoken', async () => {
  expect(await downgrades((_stream, _attempt, serve) => serve())).toEqual([])
})

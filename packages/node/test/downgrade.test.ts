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

interface Told {
  readonly downgrades: NodeEventOf<'transport-downgraded'>[]
  /** The protocol of each connection. */
  readonly protocols: string[]
}

/** @param answer Has each attempt served, or not. */
async function dial(
  answer: (stream: ByteStream, attempt: number, serve: () => void) => void,
  { connections = 1 } = {},
): Promise<Told> {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  let attempt = 0
  let last: ByteStream | undefined
  network.answer(THERE, (stream) => {
    const serve = async (): Promise<void> => {
      const transport = await accept(stream, { network: regtest }, { clock })
      createPeer(
        transport,
        { network: regtest, kind: 'inbound', version: { services: FULL_NODE | P2P_V2 } },
        { clock },
      )
    }
    last = stream
    answer(stream, ++attempt, () => void serve().catch(() => undefined))
  })
  const node = await startNode({ network, clock, address: '1.2.3.4:18444' })
  const told: Told = { downgrades: [], protocols: [] }
  node.events.on('transport-downgraded', (event) => void told.downgrades.push(event))
  node.events.on('peer-connected', ({ protocol }) => void told.protocols.push(protocol))
  void node.addPeer(THERE)
  for (let connection = 1; ; connection++) {
    await clock.advance(10_000)
    if (connection === connections) break
    last?.abort(new Error('the way is gone for a moment'))
  }
  expect(node.peers()).toHaveLength(1)
  await stopNodes(clock, node)
  return told
}

it('tells that v1 is spoken because v2 failed, once', async () => {
  const { downgrades } = await dial((stream, attempt, serve) => {
    if (attempt === 1) stream.abort(new Error('somebody on the way'))
    else serve()
  })
  expect(downgrades).toMatchObject([{ kind: 'manual', error: { name: 'TransportError' } }])
})

it('tells nothing where v2 is spoken', async () => {
  expect(await dial((_stream, _attempt, serve) => serve())).toEqual({ downgrades: [], protocols: ['v2'] })
})

it('tries v2 again with the next connection of an added peer', async () => {
  const { protocols } = await dial(
    (stream, attempt, serve) => {
      if (attempt === 1) stream.abort(new Error('somebody on the way'))
      else serve()
    },
    { connections: 2 },
  )
  expect(protocols).toEqual(['v1', 'v2'])
})

import { mainnet } from '@sapwood/wire-codec'
import { accept, type ByteStream } from '@sapwood/transport-v1v2'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const THERE = '5.6.7.8:18444'

/** What a call says that waits for an only peer in vain. */
async function saidOf(meet: (stream: ByteStream, clock: VirtualClock) => Promise<unknown>): Promise<unknown> {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  network.answer(THERE, (stream) => void meet(stream, clock).catch(() => undefined))
  const node = await startNode({ network, clock, address: '1.2.3.4:18444', node: { connect: [THERE] } })
  const failed: unknown[] = []
  node.events.on('connection-failed', ({ error }) => void failed.push(error))
  const waiting = node.chain.waitForHeight(1, { timeout: 3_000 }).catch((error: unknown) => error)
  await clock.advance(0)
  const atOnce = [...failed]
  await clock.advance(3_000)
  const error = await waiting
  await stopNodes(clock, node)
  return { error, atOnce }
}

it('a call that waited in vain says that the only peer is of another network', async () => {
  const v2 = await saidOf((stream, clock) => accept(stream, { network: mainnet }, { clock }))
  expect(v2).toMatchObject({
    error: {
      code: 'timeout',
      message: `No answer within 3000 ms: no peer is connected; ${THERE}: The remote speaks for main, not for regtest`,
      cause: { code: 'wrong-network' },
    },
    atOnce: [{ code: 'wrong-network' }],
  })
})

it('and that one hung up before its version, which is all that another network does in v1', async () => {
  let connections = 0
  const { error } = (await saidOf(async (stream) => {
    connections += 1
    await stream.close()
  })) as { error: Error }
  expect(connections).toBeGreaterThan(0)
  expect(error.message).toContain(`no peer is connected; ${THERE}: it hung up before its version`)
})

import { type Block, regtest } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { FULL_NODE } from './support/addresses.ts'
import { mineBlocks } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { blockServices, startNode, stopNodes } from './support/start-node.ts'

const HOUR = 3_600_000
const THERE = '5.6.7.8:18444'

it.each([8 * HOUR, -8 * HOUR, 400 * 24 * HOUR, -400 * 24 * HOUR])(
  'keeps its peers and goes on when the time of day is set by %i ms',
  async (step) => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const [first, ...later] = mineBlocks(regtest.genesis, 0, 3)
    const serving = await startNode({
      network,
      clock,
      address: THERE,
      blocks: [first!],
      node: { services: FULL_NODE },
      components: { services: blockServices([first!, ...later]) },
    })
    const node = await startNode({ network, clock, address: '1.2.3.4:18444' })
    const ended: unknown[] = []
    node.events.on('peer-disconnected', ({ reason }) => void ended.push(reason))
    const connecting = node.network.connectPeer(THERE)
    await clock.advance(5_000)
    const { peer } = await connecting
    await node.bans.ban('203.0.113.1', { duration: 1_000 * 24 * HOUR })
    clock.stepWallTime(step)
    await clock.advance(25 * 60_000)
    expect(ended).toEqual([])
    expect(node.bans.bans()).toHaveLength(1)
    // A new block is heard of at once, and a peer that is gone is dialled again after its second or two.
    await serving.chain.submitHeaders([later[0]!.header])
    await clock.advance(30_000)
    expect(node.chain.tip().height).toBe(2)
    const leaving = node.disconnectPeer(peer)
    await clock.advance(10_000)
    await leaving
    expect(node.peers()).toHaveLength(1)
    await stopNodes(clock, node, serving)
    expect(clock.pendingTimers).toBe(0)
  },
)

it('keeps a peer whose block was on its way while the process was stopped', async () => {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const [block] = mineBlocks(regtest.genesis, 0, 1)
  let give = (): void => undefined
  const held = new Promise<Block>((resolve) => (give = () => resolve(block!)))
  const serving = await startNode({
    network,
    clock,
    address: THERE,
    node: { services: FULL_NODE },
    components: { services: { block: () => held } },
  })
  await serving.chain.submitHeaders([block!.header])
  const node = await startNode({ network, clock, address: '1.2.3.4:18444' })
  const ended: unknown[] = []
  node.events.on('peer-disconnected', ({ reason }) => void ended.push(reason))
  // As one that dialled us: those of our own choice are kept whatever they do.
  const connecting = serving.network.connectPeer('1.2.3.4:18444')
  await clock.advance(5_000)
  await connecting
  const blocks = node.blocks.follow({ from: 1 })[Symbol.asyncIterator]()
  const first = blocks.next()
  await clock.advance(2_000)
  clock.skip(30 * 60_000)
  await clock.advance(3_000)
  expect(ended).toEqual([])
  give()
  await clock.advance(2_000)
  expect((await first).value).toMatchObject({ type: 'block', height: 1 })
  await blocks.return?.()
  await stopNodes(clock, node, serving)
})

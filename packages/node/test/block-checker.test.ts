import { encodeBlock } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { createBlockCheckWorkers } from '../src/blocks/check-workers/index.ts'
import type { BlockChecker, NodeEvent } from '../src/index.ts'
import { mineBlocks, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startSourceThread } from './support/source-thread.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const SERVER = '1.2.3.4:18444'
const CLIENT = '5.6.7.8:18444'
const HEIGHT = 40
const blocks = mineBlocks(regtest.genesis, 0, HEIGHT)

/** A node with a checker reads all blocks of another. @returns their heights, and what happened meanwhile. */
async function readAll(
  blockChecker: BlockChecker,
): Promise<{ readonly heights: readonly number[]; readonly events: readonly NodeEvent[] }> {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const server = await startNode({ network, clock, address: SERVER, blocks })
  const client = await startNode({ network, clock, address: CLIENT, components: { blockChecker } })
  const events: NodeEvent[] = []
  for (const type of ['peer-disconnected', 'block-invalid', 'discouraged'] as const) {
    client.events.on(type, (event) => events.push(event))
  }
  const connecting = client.network.connectPeer(SERVER)
  await clock.advance(5_000)
  await connecting
  const heights: number[] = []
  const reading = (async () => {
    for await (const { height } of client.blocks.range({ from: 1, to: HEIGHT })) heights.push(height)
  })()
  // Threads live on real time: the virtual clock goes on by little, as often as they may have had a turn.
  let read = false
  void reading.finally(() => (read = true)).catch(() => undefined)
  while (!read) {
    await clock.advance(1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await reading
  const seen = [...events]
  await stopNodes(clock, server, client)
  return { heights, events: seen }
}

const all = Array.from({ length: HEIGHT }, (_, index) => index + 1)

describe('a node that has its blocks checked elsewhere', () => {
  it('delivers each in order, with nobody to blame', async () => {
    await using workers = createBlockCheckWorkers(
      { network: regtest, workers: 2 },
      { startThread: startSourceThread },
    )
    // Both threads have started when each has checked something.
    await Promise.all([1, 1].map((height) => workers.check(encodeBlock(blocks[0]!), height)))
    expect(await readAll(workers)).toEqual({ heights: all, events: [] })
  })

  it('checks them itself when the checker fails', async () => {
    const broken: BlockChecker = { check: () => Promise.reject(new Error('out of order')) }
    expect(await readAll(broken)).toEqual({ heights: all, events: [] })
  })

  it('goes by what the checker says', async () => {
    let checks = 0
    const strict: BlockChecker = {
      check: (_, height) => {
        checks++
        return Promise.resolve(height === 7 ? { rule: 'too-heavy', mutated: false } : undefined)
      },
    }
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const server = await startNode({ network, clock, address: SERVER, blocks })
    const client = await startNode({
      network,
      clock,
      address: CLIENT,
      components: { blockChecker: strict },
    })
    const invalid = client.events.next('block-invalid')
    const connecting = client.network.connectPeer(SERVER)
    await clock.advance(5_000)
    await connecting
    const reading = client.blocks.range({ from: 1, to: HEIGHT })
    const first = reading.next()
    await clock.advance(5_000)
    await first
    expect(await invalid).toMatchObject({ block: { height: 7 }, rule: 'too-heavy' })
    expect(client.chain.tip().height).toBe(6)
    expect(checks).toBeLessThanOrEqual(HEIGHT)
    await reading.return?.()
    await stopNodes(clock, server, client)
  })
})

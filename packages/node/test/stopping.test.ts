import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { peerId } from '@sapwood/peer'
import type { NodeHandle } from '../src/index.ts'
import { coinbaseAt, mineBlocks, mineHeaders, regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode } from './support/start-node.ts'

const HERE = '1.2.3.4:18444'
const ELSEWHERE = '5.6.7.8:18444'
const [block] = mineBlocks(regtest.genesis, 0, 1)
const transaction = {
  ...coinbaseAt(1),
  inputs: mineBlocks(regtest.genesis, 0, 1)[0]!.transactions[0]!.inputs,
}

/** Each method of the handle that acts on the node or waits for it. */
const calls: readonly (readonly [name: string, call: (node: NodeHandle) => Promise<unknown>])[] = [
  ['chain.waitForHeight', ({ chain }) => chain.waitForHeight(1_000)],
  ['chain.waitForSync', ({ chain }) => chain.waitForSync()],
  ['chain.submitHeaders', ({ chain }) => chain.submitHeaders(mineHeaders(regtest.genesis, 1))],
  ['blocks.getBlock', ({ blocks }) => blocks.getBlock(regtest.genesisHash)],
  ['blocks.range', ({ blocks }) => blocks.range({ from: 1, to: 2 }).next()],
  ['blocks.follow', ({ blocks }) => blocks.follow({ from: 1 }).next()],
  ['transactions.broadcast', ({ transactions }) => transactions.broadcast(transaction)],
  ['transactions.broadcastPrivately', ({ transactions }) => transactions.broadcastPrivately(transaction)],
  [
    'transactions.cancelBroadcast',
    ({ transactions }) => transactions.cancelBroadcast(regtest.genesisHash as never),
  ],
  ['network.addPeer', ({ network }) => network.addPeer(ELSEWHERE)],
  ['network.addPeer, once', ({ network }) => network.addPeer(ELSEWHERE, { once: true })],
  ['network.connectPeer', ({ network }) => network.connectPeer(ELSEWHERE)],
  ['network.removePeer', ({ network }) => network.removePeer(ELSEWHERE)],
  ['network.disconnectPeer', ({ network }) => network.disconnectPeer(peerId(1))],
  ['network.ping', ({ network }) => network.ping()],
  ['network.setActive', ({ network }) => network.setActive(false)],
  ['addresses.add', ({ addresses }) => addresses.add([], ELSEWHERE)],
  ['bans.ban', ({ bans }) => bans.ban('10.0.0.0/8')],
  ['bans.unban', ({ bans }) => bans.unban('10.0.0.0/8')],
  ['bans.clearBans', ({ bans }) => bans.clearBans()],
  ['events.next', ({ events }) => events.next('peer-ready')],
  ['getBlock', (node) => node.getBlock(regtest.genesisHash)],
  ['addPeer', (node) => node.addPeer(ELSEWHERE)],
  ['disconnectPeer', (node) => node.disconnectPeer(peerId(1))],
]

async function start(): Promise<{ readonly node: NodeHandle; readonly clock: VirtualClock }> {
  const clock = createVirtualClock()
  const node = await startNode({ network: createMemoryNetwork(), clock, address: HERE, blocks: [block!] })
  return { node, clock }
}

/** Runs the clock until the promise has settled. */
async function settle<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  const state = { settled: false }
  void promise.finally(() => (state.settled = true)).catch(() => undefined)
  for (let second = 0; second < 120 && !state.settled; second++) await clock.advance(1_000)
  return promise
}

describe('a node that has stopped', () => {
  it.each(calls)('refuses %s', async (_, call) => {
    const { node, clock } = await start()
    await settle(clock, node.stop())
    await expect(settle(clock, call(node))).rejects.toMatchObject({ name: 'NodeError', code: 'stopped' })
  })

  it('still says what it knows', async () => {
    const { node, clock } = await start()
    await settle(clock, node.stop())
    expect(node.chain.tip().height).toBe(1)
    expect(node.peers()).toEqual([])
    expect(node.info().blockchain.headers).toBe(1)
    expect(node.bans.bans()).toEqual([])
    expect(node.network.addedPeers()).toEqual([])
    await node.stop()
  })
})

describe('a node that is stopping', () => {
  it.each(calls)('ends %s or refuses it, whenever it is called', async (_, call) => {
    const network = createMemoryNetwork()
    const clock = createVirtualClock()
    const node = await startNode({ network, clock, address: HERE, blocks: [block!] })
    const other = await startNode({ network, clock, address: '9.9.9.9:18444' })
    await settle(clock, node.network.connectPeer('9.9.9.9:18444'))
    const stopping = node.stop()
    const failures: Promise<unknown>[] = []
    for (let turn = 0; turn < 200; turn++) {
      failures.push(
        call(node).then(
          () => undefined,
          (error: unknown) => error,
        ),
      )
      await (turn % 8 === 0 ? new Promise((resolve) => setImmediate(resolve)) : Promise.resolve())
    }
    await settle(clock, stopping)
    for (const failure of await settle(clock, Promise.all(failures))) {
      if (failure !== undefined) expect(failure).toMatchObject({ name: 'NodeError' })
    }
    await settle(clock, other.stop())
    expect(clock.pendingTimers).toBe(0)
  })
})

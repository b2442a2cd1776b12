import {
  type AddressNetwork,
  formatPeerAddress,
  type NetworkAddress,
  type Transaction,
  type Txid,
  txid,
} from '@sapwood/wire-codec'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import type { NodeComponents, NodeEventOf, NodeHandle, NodeOptions } from '../src/index.ts'
import { address, FULL_NODE } from './support/addresses.ts'
import { mineHeaders, regtest } from './support/make-chain.ts'
import { createMemoryNetwork, type MemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const SENDER = '1.2.3.4:18444'
const onion = (fill: number): NetworkAddress => ({
  network: 'torv3',
  bytes: new Uint8Array(32).fill(fill),
  port: 18_444,
})
const FRIEND = formatPeerAddress(onion(100))
const STRANGERS = [1, 2, 3, 4, 5].map((fill) => formatPeerAddress(onion(fill)))
const ALL: ReadonlySet<AddressNetwork> = new Set(['ipv4', 'ipv6', 'torv3'])

const transaction: Transaction = {
  version: 2,
  inputs: [
    {
      previousOutput: { txid: new Uint8Array(32).fill(7) as Uint8Array as Txid, index: 0 },
      scriptSig: new Uint8Array(),
      sequence: 0xffffffff,
      witness: [new Uint8Array(64)],
    },
  ],
  outputs: [{ value: 1000n, scriptPubKey: new Uint8Array(34).fill(0x51) }],
  lockTime: 0,
}

interface World {
  readonly network: MemoryNetwork
  readonly clock: VirtualClock
}

/** An ordinary peer of everybody, and strangers that only know it. */
async function startOthers({
  network,
  clock,
}: World): Promise<{ friend: NodeHandle; strangers: NodeHandle[] }> {
  const friend = await startNode({
    network,
    clock,
    address: FRIEND,
    node: { services: FULL_NODE, connect: [] },
  })
  await friend.chain.submitHeaders(mineHeaders(regtest.genesis, 3))
  const strangers: NodeHandle[] = []
  for (const at of STRANGERS) {
    const node = { services: FULL_NODE, connect: [FRIEND] }
    strangers.push(await startNode({ network, clock, address: at, node }))
  }
  return { friend, strangers }
}

/** A node that has the friend for its only peer. */
function startSender(
  { network, clock }: World,
  node: Partial<NodeOptions> = {},
  components: Partial<NodeComponents> = {},
): Promise<NodeHandle> {
  const slots = { fullRelay: 0, blockRelayOnly: 0, feelers: false }
  return startNode({
    network,
    clock,
    address: SENDER,
    node: { slots, addPeers: [FRIEND], ...node },
    components: { dialer: { ...network.dialerOf(SENDER), reachable: ALL }, ...components },
  })
}

async function tellOf(sender: NodeHandle, { clock }: World, known: readonly NetworkAddress[]): Promise<void> {
  const time = Math.floor(clock.now() / 1000)
  for (const each of known) await sender.addresses.add([{ address: each, services: FULL_NODE, time }], each)
}

it('counts no remote that may have read the transaction without its witness, and looks for another', async () => {
  const world = { network: createMemoryNetwork(), clock: createVirtualClock() }
  const { network, clock } = world
  const friend = await startNode({
    network,
    clock,
    address: FRIEND,
    node: { services: FULL_NODE, connect: [] },
  })
  await friend.chain.submitHeaders(mineHeaders(regtest.genesis, 3))
  const strangers: NodeHandle[] = []
  for (const at of STRANGERS) {
    const node = { services: FULL_NODE, connect: [FRIEND], userAgent: '/btcwire:0.5.0/btcd:0.26.0/' }
    strangers.push(await startNode({ network, clock, address: at, node }))
  }
  const sender = await startSender(world)
  await clock.advance(30_000)
  await tellOf(
    sender,
    world,
    STRANGERS.map((text) => address(text)),
  )
  const broadcasting = sender.transactions.broadcastPrivately(transaction, { timeout: 100_000 })
  const failed = expect(broadcasting).rejects.toMatchObject({ code: 'timeout' })
  await clock.advance(110_000)
  await failed
  const [state] = sender.transactions.privateBroadcasts()
  expect(state).toMatchObject({ takenBy: 0 })
  expect(state!.attempts).toBeGreaterThan(3)

  const [input] = transaction.inputs
  const bare = { ...transaction, inputs: [{ ...input!, witness: [] }], lockTime: 1 }
  const second = sender.transactions.broadcastPrivately(bare)
  await clock.advance(30_000)
  expect((await second).takenBy).toBeGreaterThan(0)
  await stopNodes(clock, sender, friend, ...strangers)
})

describe('a private broadcast', () => {
  it('reaches three strangers and no peer, goes on until it comes back, and then stops', async () => {
    const world = { network: createMemoryNetwork(), clock: createVirtualClock() }
    const { clock } = world
    const { friend, strangers } = await startOthers(world)
    const sender = await startSender(world)
    await clock.advance(30_000)
    expect(sender.info().phase).toBe('running')
    await tellOf(
      sender,
      world,
      STRANGERS.map((text) => address(text)),
    )
    const changes: NodeEventOf<'private-broadcast-changed'>[] = []
    sender.events.on('private-broadcast-changed', (event) => changes.push(event))
    const seen: { userAgent: string; version: number }[] = []
    for (const stranger of strangers) {
      stranger.events.on('peer-ready', ({ kind, version }) => {
        if (kind === 'inbound') seen.push({ userAgent: version.userAgent, version: version.version })
      })
    }

    const broadcasting = sender.transactions.broadcastPrivately(transaction)
    await clock.advance(30_000)
    expect((await broadcasting).takenBy).toBeGreaterThan(0)
    const id = txid(transaction)
    const having = (): number =>
      strangers.filter((stranger) => stranger.transactions.getTransaction(id) !== undefined).length
    expect(having()).toBe(3)
    expect(seen).toEqual(Array(3).fill({ userAgent: '/pynode:0.0.1/', version: 70_016 }))
    expect(sender.transactions.privateBroadcasts()).toMatchObject([{ takenBy: 3, underWay: 0, attempts: 3 }])
    expect(sender.peers()).toHaveLength(1)

    // To one more stranger, if it does not come back; never to the peer that is always there.
    await clock.advance(180_000)
    expect(sender.transactions.privateBroadcasts()[0]!.attempts).toBeGreaterThan(3)
    expect(friend.transactions.getTransaction(id)).toBeUndefined()
    expect(sender.transactions.broadcasts()).toEqual([])
    await expect(sender.transactions.broadcast(transaction)).rejects.toMatchObject({
      code: 'invalid-argument',
    })

    // The network has it: the friend announces it as any node would.
    await stopNodes(clock, ...strangers)
    void friend.transactions.broadcast(transaction).catch(() => undefined)
    await clock.advance(30_000)
    expect(sender.transactions.privateBroadcasts()).toEqual([])
    expect(changes.some(({ broadcast }) => broadcast.cameBack)).toBe(true)
    const { attempts } = changes.at(-1)!.broadcast
    await clock.advance(200_000)
    expect(changes.at(-1)!.broadcast).toMatchObject({ attempts, underWay: 0, cameBack: true })
    await stopNodes(clock, sender, friend)
    expect(clock.pendingTimers).toBe(0)
  })

  it('goes to IPv4 only over a Tor that has been seen to work, in v1 too, on one circuit', async () => {
    const world = { network: createMemoryNetwork(), clock: createVirtualClock() }
    const { network, clock } = world
    const friend = await startNode({
      network,
      clock,
      address: FRIEND,
      node: { services: FULL_NODE, connect: [] },
    })
    const target = '5.6.7.8:18444'
    network.answer(target, (stream) => void stream.read().then(() => stream.close()))
    const tor: (string | undefined)[] = []
    const overTor: NonNullable<NodeComponents['dialer']> = {
      dial: (to, options) => {
        tor.push(options.isolation)
        return network.dialerOf(SENDER).dial(to, options)
      },
    }
    const direct: string[] = []
    const dialer: NonNullable<NodeComponents['dialer']> = {
      reachable: ALL,
      overTor,
      dial: (to, options) => {
        direct.push(formatPeerAddress(to))
        return network.dialerOf(SENDER).dial(to, options)
      },
    }
    const sender = await startSender(world, {}, { dialer })
    await clock.advance(5_000)
    await sender.addresses.add(
      [{ address: address(target), services: FULL_NODE | 2_048n, time: Math.floor(clock.now() / 1000) }],
      target,
    )
    const broadcasting = sender.transactions.broadcastPrivately(transaction, { timeout: 1_000 })
    broadcasting.catch(() => undefined)
    await clock.advance(500)
    expect(tor).toHaveLength(2)
    expect(tor[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(tor[1]).toBe(tor[0])
    await clock.advance(60_000)
    await expect(broadcasting).rejects.toMatchObject({ code: 'timeout' })
    expect(new Set(direct)).toEqual(new Set([FRIEND]))
    expect(new Set(tor).size).toBeGreaterThan(1)
    expect(await sender.transactions.cancelBroadcast(txid(transaction))).toBe(true)
    await stopNodes(clock, sender, friend)
    expect(clock.pendingTimers).toBe(0)
  })

  it.each<[string, Partial<NodeOptions>, ReadonlySet<AddressNetwork>]>([
    ['neither Tor nor I2P is reached', {}, new Set(['ipv4', 'ipv6'])],
    ['only given peers are dialled', { connect: [FRIEND] }, ALL],
  ])('is refused where %s, and nobody is dialled for it', async (_, options, reachable) => {
    const world = { network: createMemoryNetwork(), clock: createVirtualClock() }
    const { network, clock } = world
    const dialer = { ...network.dialerOf(SENDER), reachable }
    const sender = await startSender(world, { addPeers: [], networkActive: false, ...options }, { dialer })
    await tellOf(sender, world, [onion(1), address('5.6.7.8:18444')])
    await expect(sender.transactions.broadcastPrivately(transaction)).rejects.toMatchObject({
      name: 'NodeError',
      code: 'no-private-route',
    })
    await clock.advance(60_000)
    expect(network.dialled).toEqual([])
    expect(sender.transactions.privateBroadcasts()).toEqual([])
    await stopNodes(clock, sender)
  })
})

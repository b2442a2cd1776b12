import {
  asBlockHash,
  asTxid,
  bytesEqual,
  InventoryType,
  type Message,
  type NetworkAddress,
  regtest,
} from '@sapwood/wire-codec'
import { createMemoryStore, createNode, createTcpListener, type NodeHandle } from '@sapwood/node'
import { createUtreexoBridge, type UtreexoBridge } from '@sapwood/node/utreexo-bridge'
import type { Peer } from '@sapwood/peer'
import { describe, expect, it } from 'vitest'
import { type ListeningRegtestPeer, RegtestChain, startRegtestPeer } from '../../src/index.ts'
import { connectTo, wholeProofOf } from './proof-client.ts'

const BLOCKS = 600
/**
 * A node without coins asks for the proofs of all headers that it has, and then for all blocks (utreexod).
 */
const ROUNDS = 5
const MEMORY = 16_000_000

interface RunningBridge extends AsyncDisposable {
  readonly miner: ListeningRegtestPeer
  readonly node: NodeHandle
  readonly bridge: UtreexoBridge
  readonly address: NetworkAddress
}

/** Messages of these types as they arrive, until there are `count`. */
async function receive(peer: Peer, types: readonly Message['type'][], count: number): Promise<Message[]> {
  const received: Message[] = []
  for await (const { message } of peer.messages()) {
    if (message.type === 'disconnected') throw new Error(`Disconnected: ${message.reason.code}`)
    if (message.type !== 'message' || !types.includes(message.message.type)) continue
    received.push(message.message)
    if (received.length === count) break
  }
  return received
}

async function startBridge(chain: RegtestChain): Promise<RunningBridge> {
  const miner = await startRegtestPeer({ chain })
  const node = await createNode(
    { network: regtest, connect: [miner.address], dnsSeeds: false, fixedSeeds: false, memoryLimit: MEMORY },
    { listeners: [createTcpListener()] },
  )
  const store = createMemoryStore()
  const bridge = await createUtreexoBridge(node, { store })
  await bridge.waitForHeight(chain.height)
  const [text] = node.network.listening()
  const port = Number(text!.split(':').at(-1))
  const stop = async (): Promise<void> => {
    await bridge.stop()
    await node.stop()
    await miner.stop()
    await store.close()
  }
  const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port } as const
  return { miner, node, bridge, address, [Symbol.asyncDispose]: stop }
}

describe('a bridge', () => {
  it('bears nodes that ask for thousands of proofs at once and for all blocks after that', async () => {
    const chain = new RegtestChain({ blocks: BLOCKS, transactions: 5 })
    await using running = await startBridge(chain)
    const { node, bridge, address } = running
    const hashes = Array.from({ length: BLOCKS }, (_, index) => chain.at(index + 1)!.hash)
    const asks = async (): Promise<void> => {
      await using peer = await connectTo(address)
      const received = receive(peer, ['uproof', 'block'], (ROUNDS + 1) * BLOCKS)
      for (let round = 0; round < ROUNDS; round++)
        for (const hash of hashes) peer.send({ type: 'getuproof', request: wholeProofOf(hash) })
      peer.send({
        type: 'getdata',
        inventory: hashes.map((hash) => ({ type: InventoryType.WITNESS_BLOCK, hash })),
      })
      const messages = await received
      // In the order of asking: all proofs, then the blocks.
      messages.forEach((message, index) => {
        const hash = hashes[index % BLOCKS]!
        if (index < ROUNDS * BLOCKS)
          expect(message.type === 'uproof' && bytesEqual(message.proof.blockHash, hash)).toBe(true)
        else expect(message.type).toBe('block')
      })
      expect((await peer.ping()).roundTrip).toBeGreaterThanOrEqual(0)
    }
    await Promise.all([asks(), asks(), asks()])
    expect(node.info().memory.peak).toBeLessThan(MEMORY)
    expect(node.info().memory.accounts).toBeGreaterThan(0)
    expect(bridge.info().proofsServed).toBe(3 * ROUNDS * BLOCKS)
  })

  it('is silent about what it cannot prove, and goes on with what follows', async () => {
    await using running = await startBridge(new RegtestChain({ blocks: 3 }))
    await using peer = await connectTo(running.address)
    const unknown = asBlockHash(new Uint8Array(32).fill(0x11))
    const received = receive(peer, ['uproof', 'uroot'], 2)
    peer.send({ type: 'getuproof', request: wholeProofOf(unknown) })
    peer.send({ type: 'geturoot', blockHash: unknown })
    peer.send({ type: 'getuproof', request: wholeProofOf(regtest.genesisHash) })
    peer.send({ type: 'geturoot', blockHash: regtest.genesisHash })
    const [proof, roots] = await received
    expect(proof).toMatchObject({ type: 'uproof', proof: { blockHash: regtest.genesisHash, leafData: [] } })
    expect(roots).toMatchObject({ type: 'uroot', state: { leaves: 0n, roots: [], target: 0n } })
  })

  it('drops a request that is cut short, and goes on with what follows', async () => {
    await using running = await startBridge(new RegtestChain({ blocks: 3 }))
    await using peer = await connectTo(running.address)
    const received = receive(peer, ['uproof'], 1)
    for (const [command, length] of [
      ['getuproof', 0],
      ['getuproof', 20],
      ['getuproof', 32],
      ['geturoot', 31],
    ] as const)
      peer.send({ type: 'unknown', command, payload: new Uint8Array(length) })
    peer.send({ type: 'getuproof', request: wholeProofOf(regtest.genesisHash) })
    expect(await received).toMatchObject([{ proof: { blockHash: regtest.genesisHash } }])
  })

  it('refuses a block that spends what is not there, and follows a chain without it', async () => {
    const chain = new RegtestChain({ blocks: 110, transactions: 2 })
    const honest = chain.forkAt(110, 'honest')
    honest.mine(2)
    await using running = await startBridge(chain)
    const { miner, node, bridge } = running
    const before = bridge.stump()
    const previousOutput = { txid: asTxid(new Uint8Array(32).fill(9)), index: 0 }
    const [bad] = chain.mine(1, {
      transactions: 0,
      include: [
        {
          version: 2,
          inputs: [{ previousOutput, scriptSig: new Uint8Array(0), sequence: 0xffff_ffff, witness: [] }],
          outputs: [{ value: 1n, scriptPubKey: Uint8Array.of(0x51) }],
          lockTime: 0,
        },
      ],
    })
    const refused = node.events.next('block-invalid', { timeout: 20_000 })
    miner.announce()
    expect(await refused).toMatchObject({ block: { hash: bad!.hash }, rule: 'unknown-output' })
    expect(bridge.stump().equals(before)).toBe(true)
    miner.chain = honest
    // Whether the connection has stayed, since it was asked for by name, or is dialled again.
    miner.announce()
    await bridge.waitForHeight(112, { timeout: 20_000 })
    expect(bridge.info().tip.hash).toEqual(honest.tip)
    expect(bridge.info().stalledAt).toBeUndefined()
  })

  it('holds a request for a block that it is about to prove', async () => {
    const chain = new RegtestChain({ blocks: 20 })
    await using running = await startBridge(chain)
    const { miner, node, address } = running
    await using peer = await connectTo(address)
    const [block] = chain.mine(1)
    const received = receive(peer, ['uproof'], 1)
    const known = node.events.next('tip-changed', { timeout: 10_000 })
    miner.announce()
    await known
    peer.send({ type: 'getuproof', request: wholeProofOf(block!.hash) })
    expect(await received).toMatchObject([{ proof: { blockHash: block!.hash } }])
  })

  it('begins anew where a branch is left deeper than it can go back', async () => {
    const chain = new RegtestChain({ blocks: 400, transactions: 2 })
    await using running = await startBridge(chain)
    const { miner, node, bridge } = running
    const fork = chain.forkAt(20)
    fork.mine(390)
    miner.chain = fork
    miner.announce()
    await node.chain.waitForHeight(410)
    await bridge.waitForHeight(410)
    expect(bridge.info().tip).toEqual({ height: 410, hash: fork.tip })
    await using fresh = await startBridge(fork)
    expect(bridge.stump().equals(fresh.bridge.stump())).toBe(true)
    expect(bridge.info().liveLeaves).toBe(fresh.bridge.info().liveLeaves)
  })
})

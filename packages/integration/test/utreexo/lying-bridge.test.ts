import { createNode, type NodeHandle, type NodeOptions } from '@sapwood/node'
import { bentProofs } from '@sapwood/utreexo/testing'
import { Stump } from '@sapwood/utreexo'
import { regtest, type UtreexoProof } from '@sapwood/wire-codec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mineMorePayments, mineWithPayments } from '../../src/bitcoind/funded-chain.ts'
import { RegtestBitcoind, type RunningUtreexoBridge, startUtreexoBridge } from '../../src/index.ts'
import { connectTo as dial } from './proof-client.ts'

const BLOCKS = 1_000
const REORG = { depth: 10, length: 12 }
/** Blocks below the tip at which those that are lied to begin. */
const LAST_BLOCKS = 25
const TIMEOUT = 60_000

let bitcoind: RegtestBitcoind
let honest: RunningUtreexoBridge
let liar: RunningUtreexoBridge
/** What has been started, to be stopped in the opposite order. */
const running: { stop: () => Promise<unknown> }[] = []
/** What the liar does with a proof. */
let bend: (proof: UtreexoProof) => UtreexoProof | undefined | Promise<UtreexoProof | undefined>

beforeAll(async () => {
  bitcoind = await RegtestBitcoind.start()
  running.push(bitcoind)
  await mineWithPayments(bitcoind, BLOCKS)
  honest = await startUtreexoBridge({ bitcoind })
  running.push(honest)
  liar = await startUtreexoBridge({ bitcoind, bend: (proof) => bend(proof) })
  running.push(liar)
}, 240_000)

afterAll(async () => {
  for (const each of running.reverse()) await each.stop()
})

const follower = (utreexo: NodeOptions['utreexo'] = true): Promise<NodeHandle> =>
  createNode({ network: regtest, dnsSeeds: false, fixedSeeds: false, utreexo })

/** As the node connects by itself: whom it was told of by name is never let go. */
async function connectTo(node: NodeHandle, { address }: RunningUtreexoBridge): Promise<number> {
  return (await node.network.connectPeer(address, { kind: 'outbound-full-relay' })).peer
}

async function provedUpTo(node: NodeHandle, height: number): Promise<void> {
  if (node.utreexo.state()?.height === height) return
  const filter = ({ block }: { readonly block: { readonly height: number } }): boolean =>
    block.height === height
  await node.events.next('block-proved', { filter, timeout: TIMEOUT })
}

const stateOf = (node: NodeHandle): Pick<Stump, 'leaves' | 'roots'> => {
  const { leaves, roots } = node.utreexo.state()!
  return { leaves, roots }
}
const stateOfBridge = (): Pick<Stump, 'leaves' | 'roots'> => {
  const { leaves, roots } = honest.bridge.stump()
  return { leaves, roots }
}

it('a thousand blocks with spends, and a reorg of ten, are proved over v2', async () => {
  await using node = await follower()
  const peer = await connectTo(node, honest)
  await provedUpTo(node, BLOCKS)
  expect(stateOf(node)).toEqual(stateOfBridge())
  const proofs = (): number => node.peers()[0]!.receivedByMessage['uproof']!.messages
  expect(proofs()).toBeGreaterThan((BLOCKS - 101) / 5 - 1)

  const before = proofs()
  const reorg = node.events.next('tip-changed', {
    filter: ({ change }) => change.disconnected.length > 0,
    timeout: TIMEOUT,
  })
  const back = await bitcoind.rpc<string>('getblockhash', BLOCKS + 1 - REORG.depth)
  await bitcoind.rpc('invalidateblock', back)
  await mineMorePayments(bitcoind, REORG.length)
  const height = BLOCKS - REORG.depth + REORG.length
  await honest.bridge.waitForHeight(height)
  expect((await reorg).change.disconnected).toHaveLength(REORG.depth)
  await provedUpTo(node, height)
  expect(stateOf(node)).toEqual(stateOfBridge())
  expect(proofs()).toBeGreaterThan(before)
  expect(node.peers().find(({ id }) => id === peer)?.transport).toBe('v2')
}, 120_000)

describe('a bridge on the same bitcoind', () => {
  /** A node that begins shortly below the tip, so that each lie is told of the last blocks. */
  async function lateFollower(options: Exclude<NodeOptions['utreexo'], boolean> = {}): Promise<NodeHandle> {
    const { tip } = honest.bridge.info()
    await liar.bridge.waitForHeight(tip.height)
    const height = tip.height - LAST_BLOCKS
    const hash = honest.node.chain.hashAt(height)!
    await using peer = await dial(honest.address)
    const { leaves, roots } = await peer.getUtreexoRoots({ blockHash: hash })
    return await follower({ ...options, assume: { height, hash, stump: new Stump(Number(leaves), roots) } })
  }

  it.each(bentProofs)('that lies with $name is let go, and another proves the blocks', async (lie) => {
    bend = (proof) => lie.bend(proof)
    await using node = await lateFollower()
    const found = node.events.next('proof-invalid', { timeout: TIMEOUT })
    // It may be gone before whoever had it connected goes on.
    const gone = node.events.next('peer-disconnected', { timeout: TIMEOUT })
    const peer = await connectTo(node, liar)
    expect((await found).from).toBe(peer)
    await connectTo(node, honest)
    await provedUpTo(node, honest.bridge.info().tip.height)
    expect(stateOf(node)).toEqual(stateOfBridge())
    expect((await gone).peer).toBe(peer)
  })

  it('that is silent is not waited for where there is another', async () => {
    bend = () => undefined
    await using node = await lateFollower({ proofTimeout: 1_000 })
    const late = node.events.next('proof-late', { timeout: TIMEOUT })
    await connectTo(node, liar)
    await late
    await connectTo(node, honest)
    await provedUpTo(node, honest.bridge.info().tip.height)
    expect(stateOf(node)).toEqual(stateOfBridge())
  })

  it('that is slow holds up nothing where there is another', async () => {
    let goOn: () => void = () => undefined
    // So slow that all is proved before it says anything.
    const waiting = new Promise<void>((resolve) => (goOn = resolve))
    let said = 0
    bend = async (proof) => {
      await waiting
      said += 1
      return proof
    }
    try {
      await using node = await lateFollower()
      await connectTo(node, liar)
      await connectTo(node, honest)
      await provedUpTo(node, honest.bridge.info().tip.height)
      expect(said).toBe(0)
      expect(stateOf(node)).toEqual(stateOfBridge())
    } finally {
      goOn()
    }
  })
})

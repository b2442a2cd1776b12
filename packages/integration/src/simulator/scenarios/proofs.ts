import { bytesToHex, type GossipedAddress, Services } from '@sapwood/wire-codec'
import { createMemoryStore } from '@sapwood/node'
import { createUtreexoBridge, type UtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { bentProofs } from '@sapwood/utreexo/testing'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { bendingNode } from '../../utreexo/bending-node.ts'
import { type SimulatedNode, Simulation } from '../simulation.ts'
import type { Scenario } from './scenario.ts'

/** From block 101 on there is something to prove. */
const BLOCKS = 130
const SPENDS_A_BLOCK = 3
/** Blocks that are mined while all watch. */
const MORE_BLOCKS = 4
const NODES_A_BRIDGE = 10
const FEWEST_BRIDGES = 3

const FULL_NODE = Services.NETWORK | Services.NETWORK_LIMITED | Services.WITNESS
const BRIDGE = FULL_NODE | Services.UTREEXO | Services.UTREEXO_ARCHIVE

/** Nodes without coins, a bridge for every ten of them, and a third of the bridges lies. */
export const proofs: Scenario = {
  name: 'proofs',
  claim:
    'with a third of the bridges lying, all nodes without coins prove the longest chain, and come to the same roots',
  run: async ({ seed, nodes }) => {
    await using simulation = new Simulation({ seed })
    const longest = simulation.makeChain(BLOCKS, 'longest', SPENDS_A_BLOCK)
    const miner = await simulation.addNode({ slots: { inbound: 2 * nodes } }, longest)
    const count = Math.max(FEWEST_BRIDGES, Math.round(nodes / NODES_A_BRIDGE))
    const lying = Math.round(count / 3)
    const bridges: UtreexoBridge[] = []
    const hosts: SimulatedNode[] = []
    for (let i = 0; i < count; i++) {
      const host = await simulation.addNode({ addPeers: [miner.address], slots: { inbound: 2 * nodes } })
      const bend = i < lying ? bentProofs[(i * 7) % bentProofs.length]!.bend : undefined
      const store = createMemoryStore()
      const components = { store, clock: simulation.clock, random: simulation.random(`bridge ${i}`) }
      const node = bend === undefined ? host.handle : bendingNode(host.handle, bend)
      bridges.push(await createUtreexoBridge(node, components))
      hosts.push(host)
    }
    const isIndexed = (): boolean => bridges.every((bridge) => bridge.info().tip.height === longest.height)
    const indexed = await simulation.runUntil(isIndexed, 20 * MINUTE)

    const time = Math.floor(simulation.clock.wallTime() / 1_000)
    const known = ({ address }: SimulatedNode, services: bigint): GossipedAddress => ({
      time,
      services,
      address,
    })
    const gossip = [known(miner, FULL_NODE), ...hosts.map((host) => known(host, BRIDGE))]
    const followers: SimulatedNode[] = []
    const seen = { refused: 0, discouraged: 0, suspected: 0 }
    for (let i = 0; i < nodes; i++) {
      const node = await simulation.addNode({ utreexo: true })
      node.handle.events.on('proof-invalid', () => (seen.refused += 1))
      node.handle.events.on('discouraged', () => (seen.discouraged += 1))
      node.handle.events.on('utreexo-suspected', () => (seen.suspected += 1))
      const neighbours = followers.slice(-8).map((each) => known(each, FULL_NODE))
      const added = node.handle.addresses.add([...gossip, ...neighbours], miner.address)
      await Promise.all([added, simulation.run(200)])
      followers.push(node)
    }
    const atTip = (): number =>
      followers.filter(({ handle }) => handle.utreexo.state()?.height === longest.height).length
    const reached = await simulation.runUntil(() => atTip() === nodes, 60 * MINUTE, 5_000)
    longest.mine(MORE_BLOCKS)
    await simulation.submit(miner)
    const kept = await simulation.runUntil(() => atTip() === nodes && isIndexed(), 60 * MINUTE, 5_000)

    const roots = textOf(bridges.at(-1)!.stump())
    const same = followers.filter(({ handle }) => textOf(handle.utreexo.state()!) === roots).length
    const facts = {
      'nodes without coins': nodes,
      bridges: count,
      'bridges that lie': lying,
      'at the tip': atTip(),
      'with the same roots': same,
      'proofs refused': seen.refused,
      'peers discouraged': seen.discouraged,
      'own state suspected': seen.suspected,
      'virtual seconds': Math.round(simulation.elapsed / 1_000),
    }
    for (const bridge of bridges) await Promise.all([bridge.stop(), simulation.run(0)])
    const passed = indexed && reached && kept && same === nodes && seen.refused > 0
    return { name: 'proofs', passed, facts, ...simulation.trace() }
  },
}

function textOf({
  leaves,
  roots,
}: {
  readonly leaves: number
  readonly roots: readonly Uint8Array[]
}): string {
  return `${leaves} ${roots.map((root) => bytesToHex(root)).join(' ')}`
}

import { type GossipedAddress, Services } from '@sapwood/wire-codec'
import type { NodeOptions } from '@sapwood/node'
import type { PeerInfo } from '@sapwood/peer'
import { hostAddress } from '../simulated-network.ts'
import type { SimulatedNode, Simulation } from '../simulation.ts'

const OUTBOUND: ReadonlySet<string> = new Set(['outbound-full-relay', 'block-relay-only'])
/** Virtual milliseconds between the starts of two nodes. */
const START_SPACING = 200

/**
 * Starts nodes one after the other. The first is the seed node: it has heard of every host, as one that has
 * long been crawling the network. The others know its address and nothing else, ask it once for addresses,
 * and find the rest by what the nodes tell one another.
 * @param others Addresses that the seed node has heard of besides.
 */
export async function grow(
  simulation: Simulation,
  count: number,
  options: Partial<NodeOptions> = {},
  others: readonly GossipedAddress[] = [],
): Promise<void> {
  const seed = await simulation.addNode({ slots: { inbound: 2 * count }, ...options })
  const time = Math.floor(simulation.clock.wallTime() / 1_000)
  const services = options.services ?? Services.NETWORK | Services.WITNESS
  const hosts = Array.from({ length: count - 1 }, (_, i) => ({ time, services, address: hostAddress(i + 1) }))
  for (const known of [...hosts, ...others]) {
    await Promise.all([seed.handle.addresses.add([known], known.address), simulation.run(0)])
  }
  for (let i = 1; i < count; i++) {
    await simulation.addNode({ seedNodes: [seed.address], ...options })
    await simulation.run(START_SPACING)
  }
}

/** Whether it is a connection of the node's own choice that has done its handshake. */
export function isOutbound(peer: Pick<PeerInfo, 'connectionKind' | 'state'>): boolean {
  return OUTBOUND.has(peer.connectionKind) && peer.state === 'ready'
}

/** How many outbound connections of a node's own choice have done their handshake. */
export function connectedTo(node: SimulatedNode): number {
  return node.handle.peers().filter(isOutbound).length
}

/** How the nodes stand. */
export function spread(simulation: Simulation, tip: string): Readonly<Record<string, string | number>> {
  const { nodes } = simulation
  const outbound = nodes.map(connectedTo)
  const known = nodes.map(({ handle }) => handle.addresses.counts().total)
  return {
    nodes: nodes.length,
    'at the tip': nodes.filter((node) => simulation.tipOf(node) === tip).length,
    'outbound connections': `${Math.min(...outbound)} to ${Math.max(...outbound)}`,
    'addresses known': `${Math.min(...known)} to ${Math.max(...known)}`,
    'connections made': simulation.network.dialled,
    'virtual seconds': Math.round(simulation.elapsed / 1_000),
  }
}

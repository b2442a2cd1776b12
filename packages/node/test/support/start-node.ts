import { type Block, blockHash, bytesToHex, regtest } from '@sapwood/wire-codec'
import type { PeerServices } from '@sapwood/peer'
import { createSeededRandom, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { createNode, type NodeComponents, type NodeHandle, type NodeOptions } from '../../src/index.ts'
import type { MemoryNetwork } from './memory-network.ts'

export interface StartOptions {
  readonly network: MemoryNetwork
  readonly clock: VirtualClock
  readonly address: string
  readonly node?: Partial<NodeOptions>
  readonly components?: Partial<NodeComponents>
  /** Blocks that it knows and serves, from height 1 on. */
  readonly blocks?: readonly Block[]
}

/** A node at an address of a memory network, on regtest and on virtual time. */
export async function startNode(start: StartOptions): Promise<NodeHandle> {
  const { network, clock, address, blocks = [] } = start
  const node = await createNode(
    { network: regtest, minimumChainWork: 0n, dnsSeeds: false, fixedSeeds: false, ...start.node },
    {
      clock,
      random: createSeededRandom(address),
      dialer: network.dialerOf(address),
      listeners: [network.listenerOf(address)],
      ...(blocks.length !== 0 && { services: blockServices(blocks) }),
      ...start.components,
    },
  )
  if (blocks.length > 0) await node.chain.submitHeaders(blocks.map(({ header }) => header))
  return node
}

/** Serves these blocks. */
export function blockServices(blocks: readonly Block[]): Pick<PeerServices, 'block'> {
  const byHash = new Map(blocks.map((block) => [bytesToHex(blockHash(block.header)), block]))
  return { block: (hash) => byHash.get(bytesToHex(hash)) }
}

/** Stops nodes on virtual time. */
export async function stopNodes(clock: VirtualClock, ...nodes: readonly NodeHandle[]): Promise<void> {
  const stopping = Promise.all(nodes.map((node) => node.stop()))
  await clock.advance(10_000)
  await stopping
}

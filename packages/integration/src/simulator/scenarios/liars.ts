import { bytesEqual, bytesToHex, Services } from '@sapwood/wire-codec'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { trueFilterHeaders } from '../../regtest/regtest-filters.ts'
import type { Liar } from '../../liars/liar.ts'
import { liars as lies } from '../../liars/liars.ts'
import type { RegtestChain } from '../../regtest/regtest-chain.ts'
import { placeLiar } from '../lying-host.ts'
import { hostAddress } from '../simulated-network.ts'
import { type SimulatedNode, Simulation } from '../simulation.ts'
import { grow, isOutbound, spread } from './growth.ts'
import type { Scenario } from './scenario.ts'

/** So many that a node asks all its peers for some. */
const BLOCKS = 240
const LIES: readonly ((chain: RegtestChain, index: number) => Liar)[] = [
  lies.unworkedHeaders,
  lies.withheldBlocks,
  lies.addressFlood,
  lies.falseFilters,
]
const SERVICES = Services.NETWORK | Services.NETWORK_LIMITED | Services.WITNESS | Services.COMPACT_FILTERS
/** Virtual time that the nodes spend among the liars before blocks are asked for. */
const AMONG_LIARS = 10 * MINUTE
/** Nodes that ask for every block, and for every filter. */
const READERS = 3

/** A third of the network lies: headers without work, blocks withheld, floods of addresses, wrong filters. */
export const liars: Scenario = {
  name: 'liars',
  claim:
    'with a third of the network lying, all honest nodes reach the longest chain, and one honest peer among those dialled is enough to get its blocks and filters',
  run: async ({ seed, nodes }) => {
    await using simulation = new Simulation({ seed })
    const honest = Math.ceil((2 * nodes) / 3)
    const longest = simulation.makeChain(BLOCKS, 'longest')
    const time = Math.floor(simulation.clock.wallTime() / 1_000)
    const lying = Array.from({ length: nodes - honest }, (_, i) => ({
      address: hostAddress(honest + i),
      liar: LIES[i % LIES.length]!(longest, i),
    }))
    const hosts = lying.map(({ address, liar }) => placeLiar(simulation, address, liar))
    const gossip = lying.map(({ address, liar }) => ({
      time,
      services: liar.options.version!.services!,
      address,
    }))
    await grow(simulation, honest, { services: SERVICES, filters: true }, gossip)
    const counted = { discouraged: 0 }
    for (const { handle, address } of simulation.nodes) {
      handle.events.on('discouraged', () => (counted.discouraged += 1))
      await Promise.all([handle.addresses.add(gossip, address), simulation.run(0)])
    }
    const miner = simulation.nodes[Math.floor(honest / 2)]!
    await simulation.submit(miner, longest)
    const tip = simulation.tipOf(miner)
    const reached = await simulation.runUntil(
      () => simulation.nodes.every((node) => simulation.tipOf(node) === tip),
      60 * MINUTE,
      5_000,
    )
    await simulation.run(AMONG_LIARS)
    const read = { blocks: 0, filters: 0 }
    const filters = trueFilterHeaders(longest)
    const liesAt = new Set(lying.map(({ address }) => bytesToHex(address.bytes)))
    // With nobody but liars for peers, filters that all of them bend alike cannot be told from true ones.
    const surrounded = simulation.nodes.filter((node) => !hasHonestPeer(node, liesAt))
    const readers = simulation.nodes.filter((node) => !surrounded.includes(node)).slice(1, 1 + READERS)
    for (const { handle } of readers) {
      void (async () => {
        for await (const block of handle.blocks.range({ from: 1, to: BLOCKS }))
          read.blocks += block.height > 0 ? 1 : 0
      })().catch(() => undefined)
      void (async () => {
        for await (const { height, header } of handle.filters.range({ from: 1, to: BLOCKS }))
          read.filters += bytesEqual(header, filters[height]!) ? 1 : 0
      })().catch(() => undefined)
    }
    const wanted = readers.length * BLOCKS
    const got = await simulation.runUntil(
      () => read.blocks === wanted && read.filters === wanted,
      60 * MINUTE,
      1_000,
    )
    const withheld = hosts
      .filter((_, i) => LIES[i % LIES.length] === lies.withheldBlocks)
      .reduce((sum, host) => sum + host.asked, 0)
    const facts = {
      ...spread(simulation, tip),
      liars: lying.length,
      'nodes that have dialled nobody else': surrounded.length,
      discouraged: counted.discouraged,
      'requests for blocks withheld': withheld,
      'blocks read': `${read.blocks} of ${wanted}`,
      'filters read, and true': `${read.filters} of ${wanted}`,
    }
    return { name: 'liars', passed: reached && got && readers.length > 0, facts, ...simulation.trace() }
  },
}

/** Whether any of a node's outbound connections is to none of these addresses, in hex. */
function hasHonestPeer({ handle }: SimulatedNode, liesAt: ReadonlySet<string>): boolean {
  return handle
    .peers()
    .some(
      ({ address, ...peer }) =>
        isOutbound(peer) &&
        address !== undefined &&
        'bytes' in address &&
        !liesAt.has(bytesToHex(address.bytes)),
    )
}

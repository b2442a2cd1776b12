import { Services } from '@sapwood/wire-codec'
import { type Lie, listenLiar } from '../lying-host.ts'
import { hostAddress } from '../simulated-network.ts'
import { Simulation } from '../simulation.ts'
import { grow, spread } from './growth.ts'
import type { Scenario } from './scenario.ts'

const MINUTE = 60_000
const BLOCKS = 60
const LIES: readonly Lie[] = ['bad-headers', 'withheld-blocks', 'address-flood']
/** Virtual time that the nodes spend among the liars before blocks are asked for. */
const AMONG_LIARS = 10 * MINUTE
/** Nodes that ask for every block. */
const READERS = 3

/** A third of the network lies: headers without work, blocks withheld, floods of addresses. */
export const liars: Scenario = {
  name: 'liars',
  claim: 'with a third of the network lying, all honest nodes reach the longest chain and get its blocks',
  run: async ({ seed, nodes }) => {
    await using simulation = new Simulation({ seed })
    const honest = Math.ceil((2 * nodes) / 3)
    const longest = simulation.makeChain(BLOCKS, 'longest')
    const time = Math.floor(simulation.clock.now() / 1_000)
    const lying = Array.from({ length: nodes - honest }, (_, i) => hostAddress(honest + i))
    for (const [i, address] of lying.entries()) {
      listenLiar(simulation, address, LIES[i % LIES.length]!, longest)
    }
    await grow(simulation, honest)
    const gossip = lying.map((address) => ({ time, services: Services.NETWORK | Services.WITNESS, address }))
    const counted = { discouraged: 0 }
    for (const { handle, address } of simulation.nodes) {
      handle.events.on('discouraged', () => (counted.discouraged += 1))
      await Promise.all([handle.addresses.add(gossip, address), simulation.run(0)])
    }
    const miner = simulation.nodes[Math.floor(honest / 2)]!
    await simulation.submit(miner, longest)
    for (const node of simulation.nodes) node.chain = longest
    const tip = simulation.tipOf(miner)
    const reached = await simulation.runUntil(
      () => simulation.nodes.every((node) => simulation.tipOf(node) === tip),
      60 * MINUTE,
      5_000,
    )
    await simulation.run(AMONG_LIARS)
    const read = { blocks: 0 }
    for (const { handle } of simulation.nodes.slice(1, 1 + READERS)) {
      void (async () => {
        for await (const block of handle.blocks.range({ from: 1, to: BLOCKS }))
          read.blocks += block.height > 0 ? 1 : 0
      })().catch(() => undefined)
    }
    const got = await simulation.runUntil(() => read.blocks === READERS * BLOCKS, 60 * MINUTE, 1_000)
    const facts = {
      ...spread(simulation, tip),
      liars: lying.length,
      discouraged: counted.discouraged,
      'blocks read': `${read.blocks} of ${READERS * BLOCKS}`,
    }
    return { name: 'liars', passed: reached && got, facts, ...simulation.trace() }
  },
}

import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { Simulation } from '../simulation.ts'
import type { Scenario } from './scenario.ts'
import { connectedTo, grow, spread } from './growth.ts'

/** Blocks of the longest chain. */
const BLOCKS = 120
/** Virtual milliseconds in which it has to come about. */
const LIMIT = 30 * MINUTE
/** Virtual milliseconds between two looks. */
const CHECK_INTERVAL = 10_000

/** Nodes that know one seed node find one another, and all reach the longest chain. */
export const discovery: Scenario = {
  name: 'discovery',
  claim: 'all nodes find each other from one seed node and reach the longest chain',
  run: async ({ seed, nodes }) => {
    await using simulation = new Simulation({ seed })
    const longest = simulation.makeChain(BLOCKS, 'longest')
    await grow(simulation, nodes)
    const miner = simulation.nodes[Math.floor(nodes / 2)]!
    await simulation.submit(miner, longest)
    const tip = simulation.tipOf(miner)
    const passed = await simulation.runUntil(
      () => simulation.nodes.every((node) => simulation.tipOf(node) === tip && connectedTo(node) >= 4),
      LIMIT,
      CHECK_INTERVAL,
    )
    const { events, digest } = simulation.trace()
    return { name: 'discovery', passed, facts: spread(simulation, tip), events, digest }
  },
}

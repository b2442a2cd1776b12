import { peerAddressKey } from '@sapwood/wire-codec'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { Simulation } from '../simulation.ts'
import { grow, spread } from './growth.ts'
import type { Scenario } from './scenario.ts'

const COMMON = 100
/** Blocks that each side mines while it is alone: the second side's chain becomes the longest. */
const ALONE = [5, 8] as const

/** A network in two parts goes two ways, and becomes one again. */
export const partition: Scenario = {
  name: 'partition',
  claim: 'each side of a partition follows its own chain, and both the longest once it heals',
  run: async ({ seed, nodes }) => {
    await using simulation = new Simulation({ seed })
    const common = simulation.makeChain(COMMON, 'common')
    await grow(simulation, nodes)
    const [one, two] = [simulation.nodes[0]!, simulation.nodes[1]!]
    await simulation.submit(one, common)
    const at = (node: (typeof simulation.nodes)[number]): string => simulation.tipOf(node)
    const together = await simulation.runUntil(
      () => simulation.nodes.every((node) => at(node) === at(one)),
      20 * MINUTE,
      5_000,
    )
    await simulation.run(5 * MINUTE)
    const sides = new Map(simulation.nodes.map(({ address, index }) => [peerAddressKey(address), index % 2]))
    simulation.network.partition((address) => sides.get(address) ?? 0)
    for (const [side, miner] of [one, two].entries()) {
      const own = common.forkAt(COMMON, `side ${side}`)
      own.mine(ALONE[side]!)
      await simulation.submit(miner, own)
    }
    const apart = await simulation.runUntil(
      () => simulation.nodes.every((node) => at(node) === at(node.index % 2 === 0 ? one : two)),
      30 * MINUTE,
      5_000,
    )
    simulation.network.heal()
    const healedAt = simulation.elapsed
    const healed = await simulation.runUntil(
      () => simulation.nodes.every((node) => at(node) === at(two)),
      60 * MINUTE,
      5_000,
    )
    const facts = {
      ...spread(simulation, at(two)),
      'seconds until healed': Math.round((simulation.elapsed - healedAt) / 1_000),
    }
    return { name: 'partition', passed: together && apart && healed, facts, ...simulation.trace() }
  },
}

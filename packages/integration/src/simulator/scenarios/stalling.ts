import { HOUR } from '@sapwood/transport-v1v2/environment'
import { liars } from '../../liars/liars.ts'
import { placeLiar } from '../lying-host.ts'
import { hostAddress } from '../simulated-network.ts'
import { Simulation } from '../simulation.ts'
import type { Scenario } from './scenario.ts'

const BLOCKS = 80
const LIMIT = HOUR

/** The peer that headers are asked of first says nothing. */
export const stalling: Scenario = {
  name: 'stalling',
  claim: 'a sync peer that never answers holds nobody up for longer than its deadline',
  run: async ({ seed }) => {
    await using simulation = new Simulation({ seed })
    const longest = simulation.makeChain(BLOCKS, 'longest')
    const silent = hostAddress(1_000)
    placeLiar(simulation, silent, liars.silence('headers'))
    const honest = await simulation.addNode({}, longest)
    const victim = await simulation.addNode({ addPeers: [silent] })
    await simulation.run(5_000)
    const begun = simulation.elapsed
    const added = victim.handle.addPeer(honest.address)
    await simulation.run(0)
    await added
    const tip = simulation.tipOf(honest)
    const passed = await simulation.runUntil(() => simulation.tipOf(victim) === tip, LIMIT)
    const facts = { 'seconds held up': Math.round((simulation.elapsed - begun) / 1_000) }
    return { name: 'stalling', passed, facts, ...simulation.trace() }
  },
}

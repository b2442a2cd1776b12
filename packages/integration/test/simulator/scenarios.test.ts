import { describe, expect, it } from 'vitest'
import { discovery } from '../../src/simulator/scenarios/discovery.ts'
import { eclipse } from '../../src/simulator/scenarios/eclipse.ts'
import { liars } from '../../src/simulator/scenarios/liars.ts'
import { partition } from '../../src/simulator/scenarios/partition.ts'
import { proofs } from '../../src/simulator/scenarios/proofs.ts'
import { stalling } from '../../src/simulator/scenarios/stalling.ts'

describe('on a simulated network', () => {
  it.each([discovery, partition, liars, proofs, stalling, eclipse])('$name: $claim', async (scenario) => {
    const seed = 1
    const { passed, facts } = await scenario.run({ seed, nodes: 12 })
    expect({ seed, passed, facts }).toMatchObject({ passed: true })
    // A liar was asked for blocks, and held them back.
    if (scenario === liars) expect(facts['requests for blocks withheld']).toBeGreaterThan(0)
  })

  it('200 nodes find each other from one seed node, and all reach the longest chain', {
    timeout: 600_000,
  }, async () => {
    const seed = 1
    const { passed, facts } = await discovery.run({ seed, nodes: 200 })
    expect({ seed, passed, facts }).toMatchObject({ passed: true })
    // Forty pass until the last has started: by what each tells its peers, not by who dials the miner.
    expect(facts['virtual seconds']).toBeLessThan(90)
  })

  it('the same seed gives the same trace, and another seed another', async () => {
    const traceOf = async (seed: number): Promise<string> => (await discovery.run({ seed, nodes: 6 })).digest
    const first = await traceOf(7)
    expect(await traceOf(7)).toBe(first)
    expect(await traceOf(8)).not.toBe(first)
  })
})

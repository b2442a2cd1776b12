import { discovery } from './discovery.ts'
import { eclipse } from './eclipse.ts'
import { liars } from './liars.ts'
import { partition } from './partition.ts'
import { proofs } from './proofs.ts'
import type { Scenario } from './scenario.ts'
import { stalling } from './stalling.ts'

/** Every scenario, in the order in which they are played. */
export const scenarios: readonly Scenario[] = [discovery, partition, liars, proofs, stalling, eclipse]

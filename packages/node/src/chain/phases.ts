import { choosingChain } from './choosing-chain.ts'
import type { Phase, PhaseName } from './phase.ts'
import { running } from './running.ts'
import { syncing } from './syncing.ts'

/** The phases by name. A node begins by choosing the chain. */
export const phases: Readonly<Record<PhaseName, Phase>> = {
  'choosing-chain': choosingChain,
  syncing,
  running,
}

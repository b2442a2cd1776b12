import { RegtestChain } from '../../../src/index.ts'

/** Blocks that the node downloads while it is attacked, and those above them that it follows. */
export const DOWNLOADED_BLOCKS = 3_000
/** Height of the chain that the honest serve. */
export const HONEST_HEIGHT = 3_100
/** Blocks above it that only attackers have. */
const WITHHELD_BLOCKS = 20

/** The chain that the honest serve: the same in every process. */
export function honestChain(): RegtestChain {
  return new RegtestChain({ blocks: HONEST_HEIGHT, transactions: 1, name: 'hostile' })
}

/** The honest chain, and blocks on top of it that nobody else has. */
export function hostileChain(): RegtestChain {
  return new RegtestChain({ blocks: HONEST_HEIGHT + WITHHELD_BLOCKS, transactions: 1, name: 'hostile' })
}

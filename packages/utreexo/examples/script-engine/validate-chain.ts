import { decodePayload, type MessageOf } from '@sapwood/wire-codec'
import { checkBlockProof, type SpentOutputs, Stump } from '@sapwood/utreexo'
import { type CapturedBlock, capturedBlocks, capturedSurroundings } from '../../test/captured-chain.ts'
import { validateScripts } from './script-engine.ts'

/** Proves a block by the state before it, and runs its scripts. */
export function validateBlock(stump: Stump, { height, block, uproof }: CapturedBlock): BlockState {
  const { proof } = decodePayload('uproof', uproof) as MessageOf<'uproof'>
  return checkBlockProof(stump, block, height, proof, { ...capturedSurroundings, validateScripts })
}

/** Validates a regtest chain of a real bitcoind from its first block on. @returns its last state. */
export function validateChain(): { readonly stump: Stump; readonly inputs: number } {
  let stump = new Stump()
  let inputs = 0
  for (const [index, captured] of capturedBlocks.entries()) {
    // Behind the chain stand blocks of branches that were left.
    if (captured.height !== index + 1) break
    const proved = validateBlock(stump, captured)
    stump = proved.stump
    inputs += proved.spent.flat().length
  }
  return { stump, inputs }
}

interface BlockState {
  readonly stump: Stump
  readonly spent: SpentOutputs
}

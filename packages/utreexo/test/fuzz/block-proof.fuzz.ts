import { decodePayload, isDecodeError, type MessageOf } from '@sapwood/wire-codec'
import { checkBlockProof, isUtreexoError } from '../../src/index.ts'
import { type CapturedBlock, capturedBlocks, capturedSurroundings } from '../captured-chain.ts'
import type { Target } from './target.ts'

/** The block whose proof has most in it, of those whose proof a fuzzer can still bend in every place. */
const blocks: readonly CapturedBlock[] = [...capturedBlocks]
  .filter(({ uproof }) => uproof.length < 2_000)
  .sort((one, other) => other.uproof.length - one.uproof.length)
  .slice(0, 16)

/**
 * Whatever a peer sends as the proof of a real block: either the state after it is the one that it has, or it
 * is refused by a rule, and the fault is the proof's. The first byte picks the block.
 */
const target: Target = {
  name: 'block-proof',
  seeds: blocks.map(({ uproof }, index) => Uint8Array.of(index, ...uproof)),
  run: ([pick = 0, ...payload]) => {
    const { block, height, before, after } = blocks[pick % blocks.length]!
    try {
      const { proof } = decodePayload('uproof', Uint8Array.from(payload)) as MessageOf<'uproof'>
      const { stump } = checkBlockProof(before, block, height, proof, capturedSurroundings)
      if (!stump.equals(after)) throw new Error('Another state than that after the block')
      return 'proved'
    } catch (error) {
      if (isDecodeError(error)) return 'undecodable'
      if (!isUtreexoError(error)) throw error
      if (error.fault !== 'proof') throw new Error(`The fault of a bent proof is not its own: ${error.code}`)
      return error.code
    }
  },
}
export default target

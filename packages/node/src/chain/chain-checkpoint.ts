/**
 * A block that a chain of headers begins with, in the place of the genesis block.
 * https://github.com/bitcoin/bitcoin/blob/master/src/validation.cpp
 * @module
 */

import { blockHash, type BlockHeader, type Network } from '@sapwood/wire-codec'
import { NodeError } from '../errors/node-error.ts'
import { meetsTarget, targetOf } from './target-cache.ts'

/** Work that a chain can have, at most: what is kept of it has 128 bits. */
const MAX_WORK = 1n << 128n

/** A block of the best chain that the program vouches for, and the work of the chain up to and with it. */
export interface ChainCheckpoint {
  /**
   * The first of a period of difficulty (a multiple of 2,016), so that no later rule looks below it; any
   * where the network does not adjust its difficulty (regtest).
   */
  readonly height: number
  readonly header: BlockHeader
  /** `chainwork` of `getblockheader`. Nobody checks it: it is what is not downloaded. */
  readonly chainWork: bigint
}

/**
 * Checks what can be checked without the headers below: the block's own proof of work, that it can be the
 * first of a period, and that the work is one that so many blocks have.
 * @throws NodeError `invalid-argument`.
 */
export function checkCheckpoint({ height, header, chainWork }: ChainCheckpoint, network: Network): void {
  const { difficultyAdjustmentInterval, noRetargeting } = network.proofOfWork
  const refuse = (detail: string): never => {
    throw new NodeError('invalid-argument', `createNode: options.checkpoint: ${detail}`, {
      detail: 'checkpoint',
    })
  }
  if (height < 1) refuse('the genesis block needs none')
  if (!noRetargeting && height % difficultyAdjustmentInterval !== 0)
    refuse(`height ${height} is no multiple of ${difficultyAdjustmentInterval}`)
  const target = targetOf(header.bits)
  const easiest = targetOf(network.powLimitBits)!
  if (target === undefined || target.value > easiest.value || !meetsTarget(blockHash(header), target))
    refuse('the header has no proof of work')
  const least = BigInt(height) * easiest.work + target!.work
  if (chainWork < least || chainWork >= MAX_WORK)
    refuse(`chainWork ${chainWork} is none of ${height} blocks, which have ${least} at least`)
}

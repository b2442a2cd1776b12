/**
 * What of a block can be checked alone: merkle root, witness commitment, height in the coinbase.
 * https://github.com/bitcoin/bips/blob/master/bip-0034.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0141.mediawiki
 * @module
 */

import {
  type Block,
  blockMerkleRoot,
  blockWeight,
  bytesEqual,
  checkWitnessCommitment,
  coinbaseHeight,
  hasWitness,
  isCoinbase,
  MAX_BLOCK_WEIGHT,
  type Network,
} from '@sapwood/wire-codec'

/**
 * A rule that a block broke. Those of the first group say that the peer sent other bytes than the miner made
 * (the block may still come from another peer); those of the second that the block itself is invalid.
 */
export type BlockRule =
  | 'bad-merkle-root'
  | 'duplicate-transactions'
  | 'bad-witness-commitment'
  | 'unexpected-witness'
  | 'no-coinbase'
  | 'many-coinbases'
  | 'bad-coinbase-height'
  | 'too-heavy'

/** What is wrong with a block. */
export interface BlockFault {
  readonly rule: BlockRule
  /**
   * True where the block's own header does not vouch for these bytes,
   * so that nothing follows about the block.
   */
  readonly mutated: boolean
}

/**
 * Checks a block's content against its header, at its height in the chain: what can be known without scripts
 * and without the set of unspent outputs. The header itself is the header chain's to check.
 * @example
 * checkBlock(genesisBlock(regtest), 0, regtest) // undefined
 */
export function checkBlock(block: Block, height: number, network: Network): BlockFault | undefined {
  const [coinbase] = block.transactions
  // Without a coinbase in front, a pair of hashes may have been passed off as a transaction of 64 bytes.
  if (coinbase === undefined || !isCoinbase(coinbase)) return { rule: 'no-coinbase', mutated: true }
  const { root, mutated } = blockMerkleRoot(block)
  if (!bytesEqual(root, block.header.merkleRoot)) return { rule: 'bad-merkle-root', mutated: true }
  if (mutated) return { rule: 'duplicate-transactions', mutated: true }
  const witness = witnessFault(block, height, network)
  if (witness !== undefined) return witness
  if (block.transactions.some((transaction, index) => index > 0 && isCoinbase(transaction))) {
    return { rule: 'many-coinbases', mutated: false }
  }
  if (height >= network.activationHeights.bip34 && coinbaseHeight(block) !== height) {
    return { rule: 'bad-coinbase-height', mutated: false }
  }
  if (blockWeight(block) > MAX_BLOCK_WEIGHT) return { rule: 'too-heavy', mutated: false }
  return undefined
}

/** Before SegWit a block has no witness; from then on it commits to what it has (BIP141). */
function witnessFault(block: Block, height: number, network: Network): BlockFault | undefined {
  if (height < network.activationHeights.segwit) {
    return block.transactions.some(hasWitness) ? { rule: 'unexpected-witness', mutated: true } : undefined
  }
  switch (checkWitnessCommitment(block)) {
    case 'valid':
    case 'absent':
      return undefined
    case 'missing':
      return { rule: 'unexpected-witness', mutated: true }
    case 'bad-reserved-value':
    case 'mismatch':
      return { rule: 'bad-witness-commitment', mutated: true }
  }
}

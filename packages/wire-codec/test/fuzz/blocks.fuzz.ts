import {
  blockMerkleRoot,
  blockWeight,
  checkWitnessCommitment,
  BloomUpdate,
  coinbaseHeight,
  type Message,
  openBloomFilter,
  transactionWeight,
  wtxid,
} from '../../src/index.ts'
import { messageTarget, type Target } from './message-target.ts'

function checkBlock(message: Message): void {
  if (message.type === 'tx') {
    wtxid(message.transaction)
    // Three of its eight bits are set, so that scripts are looked at, matched and not matched.
    const filter = Uint8Array.of(0b1001_0010)
    openBloomFilter({ filter, hashFunctions: 1, tweak: 0, flags: BloomUpdate.PUBKEY_ONLY }).matchAndUpdate(
      message.transaction,
    )
    if (transactionWeight(message.transaction) < 40) throw new Error('A transaction without weight')
  }
  if (message.type !== 'block') return
  blockMerkleRoot(message.block)
  blockWeight(message.block)
  coinbaseHeight(message.block)
  checkWitnessCommitment(message.block)
}

const target: Target = messageTarget('blocks', ['tx', 'block'], checkBlock)
export default target

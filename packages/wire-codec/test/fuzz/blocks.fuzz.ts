import {
  blockMerkleRoot,
  blockWeight,
  checkWitnessCommitment,
  coinbaseHeight,
  type Message,
  transactionWeight,
  wtxid,
} from '../../src/index.ts'
import { messageTarget, type Target } from './message-target.ts'

function checkBlock(message: Message): void {
  if (message.type === 'tx') {
    wtxid(message.transaction)
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

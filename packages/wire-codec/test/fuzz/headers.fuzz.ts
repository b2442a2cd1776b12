import { blockHash, hasProofOfWork, type Message, regtest, workOfBits } from '../../src/index.ts'
import { messageTarget, type Target } from './message-target.ts'

function checkWork(message: Message): void {
  if (message.type !== 'headers') return
  for (const header of message.headers) {
    blockHash(header)
    if (hasProofOfWork(header, regtest) && workOfBits(header.bits) < 2n)
      throw new Error('Work without a target')
  }
}

const target: Target = messageTarget('headers', ['getblocks', 'getheaders', 'headers'], checkWork)
export default target

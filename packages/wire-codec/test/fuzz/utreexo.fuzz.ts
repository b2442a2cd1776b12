import { bitmapIndexes, type Message, txid } from '../../src/index.ts'
import { expectSame, messageTarget, type Target } from './message-target.ts'

function checkBitmaps(message: Message): void {
  if (message.type !== 'getuproof') return
  const indexes = [...bitmapIndexes(message.request.leafBitmap, 64)]
  if (message.request.leafBitmap.length === 0 && indexes.length !== 0) {
    throw new Error('An empty bitmap is not none')
  }
}

/** A transaction with its own indexes has its own id, read from the wire or put together anew. */
function checkTransaction(message: Message): void {
  if (message.type !== 'utreexotx') return
  const { transaction, leafData } = message.proved
  if (leafData.length !== transaction.inputs.length) throw new Error('Not an entry for each input')
  if (transaction.inputs.some(({ previousOutput }) => previousOutput.index > 0x7fff_ffff))
    throw new Error('An index with its mark')
  const { version, inputs, outputs, lockTime } = transaction
  expectSame('txid', txid(transaction), txid({ version, inputs, outputs, lockTime }))
}

const target: Target = messageTarget(
  'utreexo',
  ['uproof', 'getuproof', 'uttls', 'uroot', 'getuttls', 'geturoot', 'utreexotx', 'usummary'],
  (message) => {
    checkBitmaps(message)
    checkTransaction(message)
  },
)
export default target

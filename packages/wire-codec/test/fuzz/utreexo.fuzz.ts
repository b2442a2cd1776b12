import { bitmapIndexes, type Message } from '../../src/index.ts'
import { messageTarget, type Target } from './message-target.ts'

function checkBitmaps(message: Message): void {
  if (message.type !== 'getuproof') return
  const indexes = [...bitmapIndexes(message.request.leafBitmap, 64)]
  if (message.request.leafBitmap.length === 0 && indexes.length !== 0) {
    throw new Error('An empty bitmap is not none')
  }
}

const target: Target = messageTarget('utreexo', ['uproof', 'getuproof', 'uttls', 'uroot'], checkBitmaps)
export default target

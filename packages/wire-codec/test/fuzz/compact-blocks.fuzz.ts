import { type Message, reconstructBlock } from '../../src/index.ts'
import { messageTarget, type Target } from './message-target.ts'

function checkReconstruction(message: Message): void {
  if (message.type !== 'cmpctblock') return
  const reconstruction = reconstructBlock(message.compactBlock)
  if (reconstruction === undefined) return
  const { shortIds, prefilled } = message.compactBlock
  reconstruction.offer(prefilled.map(({ transaction }) => transaction))
  const missing = reconstruction.missing()
  if (missing.length > shortIds.length) throw new Error('More is missing than was named')
  const known = prefilled[0]?.transaction
  if (known !== undefined) reconstruction.finish(missing.map(() => known))
}

const target: Target = messageTarget(
  'compact-blocks',
  ['cmpctblock', 'getblocktxn', 'blocktxn'],
  checkReconstruction,
)
export default target

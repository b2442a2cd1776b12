import { extractMerkleMatches, type Message, openBloomFilter } from '../../src/index.ts'
import { messageTarget, type Target } from './message-target.ts'

function checkBloom(message: Message): void {
  if (message.type === 'filterload') {
    const filter = openBloomFilter({ ...message, filter: message.filter.slice() })
    const element = Uint8Array.of(1, 2, 3)
    filter.insert(element)
    if (!filter.contains(element)) throw new Error('A filter lost what it was given')
  }
  if (message.type === 'merkleblock') {
    const matches = extractMerkleMatches(message.merkleBlock) ?? []
    if (matches.length > message.merkleBlock.hashes.length) throw new Error('More matches than hashes')
  }
}

const target: Target = messageTarget(
  'bloom',
  ['filterload', 'filteradd', 'filterclear', 'merkleblock'],
  checkBloom,
)
export default target

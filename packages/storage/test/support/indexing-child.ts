import { writeSync } from 'node:fs'
import { openStore } from '@sapwood/node'
import { openIndex } from './index-on.ts'
import { spendingBlocks } from './spending-blocks.ts'

// Puts blocks into an index and takes some back, and says after each write at which height the store is. It
// is killed, or ends where there are no more.
const [folder, count] = process.argv.slice(2) as [string, string]
const blocks = spendingBlocks(Number(count))
const store = await openStore(folder)
const index = await openIndex(store, blocks)
const say = (): void => void writeSync(1, `${index.tip.height}\n`)
say()
for (let step = 1; index.tip.height < blocks.length; step++) {
  const { block, height, hash } = blocks[index.tip.height]!
  await index.connect(block, { height, hash })
  if (step % 3 === 0) await index.flush().then(say)
  if (step % 7 === 0) await index.rewind(height - 3).then(say)
}
await index.flush()
say()
await store.close()

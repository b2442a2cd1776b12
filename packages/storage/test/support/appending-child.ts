import { writeSync } from 'node:fs'
import { regtest } from '@sapwood/wire-codec'
import { isNodeError } from '@sapwood/node'
import { openBlockStore } from '../../src/index.ts'
import { madeBlock, madeBlocks } from './made-blocks.ts'

// Appends blocks as fast as it can, and says after each write up to which height they are acknowledged. It is
// killed, or ends where the disk takes no more.
const [folder, fileSize] = process.argv.slice(2) as [string, string]
const store = await openBlockStore(folder, { network: regtest, fileSize: Number(fileSize) })
let height = store.stored().range?.tip.height ?? 0
writeSync(1, `began at ${height}\n`)
for (let round = 0; ; round++) {
  const blocks = madeBlocks(height + 1, height + 1 + (round % 5))
  const tip = madeBlock(height + blocks.length)
  try {
    await store.append(blocks, { from: 1, tip: { height: tip.height, hash: tip.hash } })
  } catch (error) {
    writeSync(1, `${isNodeError(error) ? error.code : String(error)}\n`)
    break
  }
  height = tip.height
  writeSync(1, `${height}\n`)
}
await store.close().catch(() => undefined)

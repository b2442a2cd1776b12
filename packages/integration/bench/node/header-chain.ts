import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RegtestBitcoind } from '@sapwood/integration'
import { cacheFolder } from '../../src/programs/cache-folder.ts'
import { withMachineLock } from '../../src/programs/machine-lock.ts'

/**
 * Blocks that one call mines. bitcoind dates them a second apart, six at a time, so each call gets a later
 * clock.
 */
const BATCH = 500
const SPACING = 10
const DONE = 'sapwood-complete'
/** On regtest bitcoind goes through its whole block index after each block, unless told not to. */
const ARGUMENTS = ['-checkblockindex=0']

/** A bitcoind with a long chain of empty blocks. The chain is made once, and kept in the cache folder. */
export async function startHeaderChain(height: number): Promise<RegtestBitcoind> {
  const folder = join(cacheFolder(), 'chains', `empty-${height}`)
  await withMachineLock(folder, async () => {
    if (!existsSync(join(folder, DONE))) await makeFolder(folder, height)
  })
  // One that was killed leaves its cookie, which would be read before the new one is there.
  await rm(join(folder, 'regtest/.cookie'), { force: true })
  return await RegtestBitcoind.start({ dataFolder: folder, args: ARGUMENTS })
}

async function makeFolder(folder: string, height: number): Promise<void> {
  const unfinished = `${folder}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  {
    await using bitcoind = await RegtestBitcoind.start({ dataFolder: unfinished, args: ARGUMENTS })
    const now = Math.floor(Date.now() / 1_000)
    for (let mined = 0; mined < height; mined += BATCH) {
      await bitcoind.rpc('setmocktime', now - (height - mined) * SPACING)
      await bitcoind.mine(Math.min(BATCH, height - mined))
    }
  }
  await writeFile(join(unfinished, DONE), '')
  await rename(unfinished, folder)
}

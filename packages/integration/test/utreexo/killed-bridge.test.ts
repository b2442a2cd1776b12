import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashToHex } from '@sapwood/wire-codec'
import { createMemoryStore, openStore } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { describe, expect, it } from 'vitest'
import { bundleChild } from '../../../../tools/bundle-child/bundle-child.ts'
import { mineWithPayments, RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'
import { linesOf, runAndKill, spreadOver, startedAt } from '../support/run-and-kill.ts'

/** Bridges of one process, each with a store of its own: a kill takes all of them, each somewhere else. */
const BRIDGES = 5
const KILLS = 6
const BLOCKS_A_ROUND = 60
/** Longest that the bridges work before they are killed: some rounds' blocks take longer, some less. */
const LONGEST_RUN = 900
/** Blocks that every third round takes back. */
const REORG = 7

describe('bridges that are killed in the middle of their work', () => {
  it('come back to the same state, thirty times over, with spends and reorgs', async () => {
    await using child = await bundleChild(new URL('bridge-child.ts', import.meta.url))
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 130)
    const folders = await Promise.all(
      Array.from({ length: BRIDGES }, () => mkdtemp(join(tmpdir(), 'sapwood-bridge-'))),
    )
    try {
      let begun: number[] = []
      for (let kill = 0; kill < KILLS; kill++) {
        const [output] = await Promise.all([
          runAndKill({
            script: child.path,
            args: [String(bitcoind.p2pPort), ...folders],
            atWork: 'working',
            milliseconds: spreadOver(LONGEST_RUN, kill, KILLS, 3),
          }),
          mineRound(bitcoind, kill),
        ])
        begun = folders.map((_, index) => startedAt(linesOf(output, index)))
      }
      // Some of the work was always kept.
      expect(Math.min(...begun)).toBeGreaterThan(0)
      const height = await bitcoind.rpc<number>('getblockcount')
      const { txouts } = await bitcoind.rpc<{ txouts: number }>('gettxoutsetinfo')
      await using node = await startNode({ connect: [bitcoind.p2pAddress] })
      await using memory = createMemoryStore()
      await using fresh = await createUtreexoBridge(node, { store: memory })
      await fresh.waitForHeight(height)
      for (const folder of folders) {
        await using store = await openStore(folder)
        await using bridge = await createUtreexoBridge(node, { store })
        await bridge.waitForHeight(height)
        expect(hashToHex(bridge.info().tip.hash)).toBe(await bitcoind.rpc('getbestblockhash'))
        expect(bridge.stump().equals(fresh.stump())).toBe(true)
        expect(bridge.info().liveLeaves).toBe(txouts)
      }
    } finally {
      for (const folder of folders) await rm(folder, { recursive: true, force: true })
    }
  }, 600_000)
})

async function mineRound(bitcoind: RegtestBitcoind, round: number): Promise<number> {
  const address = await bitcoind.rpc<string>('getnewaddress')
  if (round % 3 === 2) {
    const height = await bitcoind.rpc<number>('getblockcount')
    await bitcoind.rpc('invalidateblock', await bitcoind.rpc<string>('getblockhash', height - REORG))
  }
  for (let i = 0; i < 3; i++) await bitcoind.rpc('sendtoaddress', address, 0.5)
  await bitcoind.mine(BLOCKS_A_ROUND, address)
  return await bitcoind.rpc<number>('getblockcount')
}

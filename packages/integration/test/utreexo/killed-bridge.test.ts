import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashToHex } from '@sapwood/wire-codec'
import { createMemoryStore, openStore } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { describe, expect, it } from 'vitest'
import { mineWithPayments, RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'
import { runAndKill, spreadOver, startedAt } from '../support/run-and-kill.ts'

/** Of each of two bridges. */
const KILLS = 15
const BLOCKS_A_ROUND = 60
/** Longest that a bridge works before it is killed: some rounds' blocks take longer, some less. */
const LONGEST_RUN = 300
/** Blocks that every third round takes back. */
const REORG = 7

const script = new URL('bridge-child.ts', import.meta.url)

describe('a bridge that is killed in the middle of its work', () => {
  it('comes back to the same state, thirty times over, with spends and reorgs', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 130)
    const folders = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'sapwood-bridge-'))))
    try {
      const begun: number[] = []
      for (let kill = 0; kill < KILLS; kill++) {
        const [outputs] = await Promise.all([
          Promise.all(
            folders.map((folder, seed) =>
              runAndKill({
                script,
                args: [String(bitcoind.p2pPort), folder],
                atWork: 'working',
                milliseconds: spreadOver(LONGEST_RUN, kill, KILLS, seed * 3),
              }),
            ),
          ),
          mineRound(bitcoind, kill),
        ])
        begun.push(startedAt(outputs[0]!))
      }
      // Some of the work was always kept.
      expect(begun.at(-1)).toBeGreaterThan(0)
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

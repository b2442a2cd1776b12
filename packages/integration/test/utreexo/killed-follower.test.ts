import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blockHashFromHex, bytesToHex } from '@sapwood/wire-codec'
import { openStore } from '@sapwood/node'
import { describe, expect, it } from 'vitest'
import { bundleChild } from '../../../../tools/bundle-child/bundle-child.ts'
import { mineMorePayments, mineWithPayments } from '../../src/bitcoind/funded-chain.ts'
import { RegtestBitcoind, type RunningUtreexoBridge, startUtreexoBridge } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'
import { linesOf, runAndKill, spreadOver } from '../support/run-and-kill.ts'
import { connectTo } from './proof-client.ts'

/** Nodes of one process, each with a store of its own: a kill takes all of them, each somewhere else. */
const NODES = 5
const KILLS = 6
const BLOCKS_A_ROUND = 40
/** Longest that the nodes work before they are killed: some rounds' blocks take longer, some less. */
const LONGEST_RUN = 900
/** Blocks that every third round takes back. */
const REORG = 7

describe('nodes without coins that are killed in the middle of their work', () => {
  it('have all that was written, and never another state than the chain: thirty times over, with spends and reorgs', async () => {
    await using child = await bundleChild(new URL('follower-child.ts', import.meta.url))
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 130)
    await using bridge = await startUtreexoBridge({ bitcoind })
    const folders = await Promise.all(
      Array.from({ length: NODES }, () => mkdtemp(join(tmpdir(), 'sapwood-follower-'))),
    )
    const kept = folders.map(() => 0)
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const isReorg = kill % 3 === 2
        const [whole] = await Promise.all([
          runAndKill({
            script: child.path,
            args: [String(bridge.port), ...folders],
            atWork: 'working',
            milliseconds: spreadOver(LONGEST_RUN, kill, KILLS, 3),
          }),
          mineRound(bitcoind, isReorg),
        ])
        for (const index of folders.keys()) {
          const output = linesOf(whole, index)
          // All that was written is there; after a reorg that may be less by what it takes back.
          const found = Number(/^found (\d+)$/m.exec(output)?.[1])
          expect(found).toBeGreaterThanOrEqual(kept[index]! - (kill % 3 === 0 ? REORG : 0))
          await expectTrue(bridge, output)
          const written = [...output.matchAll(/^kept (\d+)$/gm)].map(([, height]) => Number(height))
          kept[index] = written.at(-1) ?? found
        }
      }
      const height = await bitcoind.rpc<number>('getblockcount')
      await bridge.bridge.waitForHeight(height)
      for (const folder of folders) {
        await using store = await openStore(folder)
        await using node = await startNode({ connect: [bridge.address], utreexo: true }, { store })
        const faults: string[] = []
        for (const name of ['utreexo-suspected', 'proof-invalid'] as const)
          node.events.on(name, () => faults.push(name))
        // Where all had been stored there is nothing left to prove, once that has been read.
        await expect.poll(() => node.utreexo.state()?.height, { timeout: 60_000 }).toBe(height)
        expect(faults).toEqual([])
        expect(node.utreexo.state()!.roots).toEqual(bridge.bridge.stump().roots)
      }
    } finally {
      for (const folder of folders) await rm(folder, { recursive: true, force: true })
    }
  }, 600_000)
})

async function mineRound(bitcoind: RegtestBitcoind, isReorg: boolean): Promise<void> {
  if (isReorg) {
    const height = await bitcoind.rpc<number>('getblockcount')
    await bitcoind.rpc('invalidateblock', await bitcoind.rpc<string>('getblockhash', height + 1 - REORG))
  }
  await mineMorePayments(bitcoind, BLOCKS_A_ROUND)
}

/** The state that a process began with is that after its block, where that is still in the chain. */
async function expectTrue({ address, node }: RunningUtreexoBridge, output: string): Promise<void> {
  const [, , hash, roots] = /^started at (\d+) (\w+) (\S*)$/m.exec(output)!
  const blockHash = blockHashFromHex(hash!)
  if (!node.chain.isActive(blockHash)) return
  await using peer = await connectTo(address)
  const told = await peer.getUtreexoRoots({ blockHash })
  expect(roots).toBe(told.roots.map((root) => bytesToHex(root)).join(','))
}

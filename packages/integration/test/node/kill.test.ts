import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashToHex } from '@sapwood/wire-codec'
import { openStore } from '@sapwood/node'
import { describe, expect, it } from 'vitest'
import { bundleChild } from '../../../../tools/bundle-child/bundle-child.ts'
import { RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'
import { runAndKill, spreadOver, startedAt } from '../support/run-and-kill.ts'

/** Of each of two nodes. */
const KILLS = 15
const BLOCKS_A_ROUND = 300
/** A batch of headers takes some 30 ms: so kills fall before, between and after them. */
const LONGEST_RUN = 400

/** A node with a store of its own that is killed `KILLS` times, and then comes back for good. */
async function survive(bitcoind: RegtestBitcoind, script: string, seed: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sapwood-kill-'))
  try {
    const begun: number[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const args = [String(bitcoind.p2pPort), folder]
      const milliseconds = spreadOver(LONGEST_RUN, kill, KILLS, seed)
      // On a busy machine the others may be killed before they have fetched anything.
      const atWork = kill % 3 === 2 ? 'block' : 'started'
      const [output] = await Promise.all([
        runAndKill({ script, args, atWork, milliseconds }),
        bitcoind.mine(BLOCKS_A_ROUND),
      ])
      begun.push(startedAt(output))
    }
    // What was on disk never got less.
    expect(begun).toEqual([...begun].sort((a, b) => a - b))
    expect(begun.at(-1)).toBeGreaterThan(0)
    await using store = await openStore(folder)
    await using node = await startNode({ connect: [bitcoind.p2pAddress] }, { store })
    expect(node.chain.tip().height).toBeGreaterThanOrEqual(begun.at(-1)!)
    const height = await bitcoind.rpc<number>('getblockcount')
    await node.chain.waitForHeight(height)
    expect(hashToHex(node.chain.hashAt(height)!)).toBe(await bitcoind.rpc('getblockhash', height))
    expect(node.chain.size).toBe(node.chain.tip().height + 1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('a node that is killed in the middle of its work', () => {
  it('comes back to the same chain, thirty times over', async () => {
    await using child = await bundleChild(new URL('sync-child.ts', import.meta.url))
    await using bitcoind = await RegtestBitcoind.start()
    await bitcoind.mine(BLOCKS_A_ROUND)
    await Promise.all([survive(bitcoind, child.path, 0), survive(bitcoind, child.path, 3)])
  }, 240_000)
})

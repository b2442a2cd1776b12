import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashToHex } from '@sapwood/wire-codec'
import { createMemoryStore, openStore } from '@sapwood/node'
import { createUtreexoBridge } from '@sapwood/node/utreexo-bridge'
import { describe, expect, it } from 'vitest'
import { sleep } from '../../src/programs/default-sleep.ts'
import { mineWithPayments, RegtestBitcoind } from '../../src/index.ts'
import { startNode } from '../end-to-end/start-node.ts'

/** Of each of two bridges. */
const KILLS = 15
const BLOCKS_A_ROUND = 60
/** Longest that a bridge works before it is killed: some rounds' blocks take longer, some less. */
const LONGEST_RUN = 300
/** Blocks that every third round takes back. */
const REORG = 7

const script = fileURLToPath(new URL('bridge-child.ts', import.meta.url))

/**
 * Runs a bridge until it has proved a block, lets it work for a moment, and kills it.
 * @returns the height that it began with.
 */
async function runAndKill(port: number, folder: string, milliseconds: number): Promise<number> {
  const args = ['--import', 'tsx', '--conditions=@sapwood/source', script, String(port), folder]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  let output = ''
  let errors = ''
  child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()))
  try {
    const started = new Promise<void>((resolve) => {
      child.stdout.on('data', (bytes: Buffer) => {
        output += bytes.toString()
        if (output.includes('working')) resolve()
      })
    })
    await Promise.race([
      started,
      ended.then(() => {
        throw new Error(`The bridge ended by itself: ${errors}`)
      }),
    ])
    await sleep(milliseconds)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
  return Number(/started at (\d+)/.exec(output)?.[1])
}

describe('a bridge that is killed in the middle of its work', () => {
  it('comes back to the same state, thirty times over, with spends and reorgs', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    await mineWithPayments(bitcoind, 130)
    const folders = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'sapwood-bridge-'))))
    try {
      const begun: number[] = []
      for (let kill = 0; kill < KILLS; kill++) {
        const heights = await Promise.all([
          // Spread over the whole span, in an order that is not the order of the rounds.
          ...folders.map((folder, seed) =>
            runAndKill(bitcoind.p2pPort, folder, ((kill * 7 + seed * 3) % KILLS) * (LONGEST_RUN / KILLS)),
          ),
          mineRound(bitcoind, kill),
        ])
        begun.push(heights[0])
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

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, openStore } from '@sapwood/node'
import { type OutPoint, type Transaction, txid } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { bundleChild } from '../../../tools/bundle-child/bundle-child.ts'
import { contentOf, openIndex } from './support/index-on.ts'
import { blockOn, spend, spendingBlocks } from './support/spending-blocks.ts'

const KILLS = 30
/** Blocks of the chain, which spend from the 101st on. */
const BLOCKS = 220
/** How far the store may be from what was said last: one write may be done and not said yet. */
const ONE_WRITE = 4

describe('an index whose process dies', () => {
  it('is whole at the height that it has, thirty kills over, with everything that was written', async () => {
    const blocks = spendingBlocks(BLOCKS)
    await using clean = createMemoryStore()
    const reference = await openIndex(clean, blocks)
    const contents: string[] = [await contentOf(clean)]
    for (const { block, height, hash } of blocks) {
      await reference.connect(block, { height, hash })
      await reference.flush()
      contents.push(await contentOf(clean))
    }
    await using child = await bundleChild(new URL('support/indexing-child.ts', import.meta.url))
    const folder = await mkdtemp(join(tmpdir(), 'sapwood-index-'))
    try {
      let reached = 0
      let ended: number | null = null
      for (let kill = 0; kill <= KILLS; kill++) {
        const process_ = spawn(process.execPath, [child.path, folder, String(BLOCKS)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        // After so many lines; at the end it is let run out.
        const after = kill < KILLS ? 1 + ((kill * 5) % 9) : Infinity
        let said = ''
        process_.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString()
          if (said.split('\n').length > after) process_.kill('SIGKILL')
        })
        ;[ended] = (await once(process_, 'close')) as [number | null]
        const lines = said.slice(0, said.lastIndexOf('\n')).split('\n').map(Number)
        await using store = await openStore(folder)
        const { tip } = await openIndex(store, blocks)
        expect(Math.abs(tip.height - lines.at(-1)!)).toBeLessThanOrEqual(ONE_WRITE)
        expect([tip.height, await contentOf(store)]).toEqual([tip.height, contents[tip.height]])
        reached = Math.max(reached, tip.height)
      }
      expect([ended, reached]).toEqual([0, BLOCKS])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('a block that cannot be', () => {
  const blocks = spendingBlocks(130)
  const tip = blocks.at(-1)!
  const coinbaseAt = (height: number): OutPoint => ({
    txid: txid(blocks[height - 1]!.block.transactions[0]!),
    index: 0,
  })
  /** Of the last block: not spent. */
  const free: OutPoint = { txid: txid(tip.block.transactions.at(-1)!), index: 0 }
  const gone: OutPoint = { txid: txid(tip.block.transactions[1]!), index: 2 }
  const own = spend([free], [60n])
  const invalid: readonly (readonly [string, readonly Transaction[], string])[] = [
    ['spends what never was', [spend([{ ...free, index: 9 }], [1n])], 'unknown-output'],
    ['spends what its parent has spent', [spend([gone], [1n])], 'unknown-output'],
    ['spends one output in two transactions', [own, spend([free], [50n])], 'unknown-output'],
    ['spends one output twice in a transaction', [spend([free, free], [150n])], 'unknown-output'],
    [
      'spends an output of itself twice',
      [own, spend([{ txid: txid(own), index: 0 }], [1n]), spend([{ txid: txid(own), index: 0 }], [2n])],
      'unknown-output',
    ],
    [
      'spends what only a later transaction makes',
      [spend([{ txid: txid(own), index: 0 }], [1n]), own],
      'unknown-output',
    ],
    ['spends a coinbase of 99 blocks ago', [spend([coinbaseAt(32)], [1n])], 'immature-coinbase'],
    ['pays more than it spends', [spend([free], [101n])], 'overspend'],
    ['pays an amount that there cannot be', [spend([free], [2_100_000_000_000_001n])], 'amount-out-of-range'],
  ]

  it.each(invalid)('%s: is refused, and changes nothing', async (_, transactions, code) => {
    await using store = createMemoryStore()
    const index = await openIndex(store, blocks)
    for (const { block, height, hash } of blocks) await index.connect(block, { height, hash })
    await index.flush()
    const before = await contentOf(store)
    const { block, height, hash } = blockOn(tip, transactions)
    await expect(index.connect(block, { height, hash })).rejects.toMatchObject({ code, fault: 'block' })
    await index.flush()
    expect(index.tip.height).toBe(tip.height)
    expect(await contentOf(store)).toBe(before)
    const good = blockOn(tip, [spend([free, coinbaseAt(31)], [100n])])
    await index.connect(good.block, good)
    expect(await index.output(free)).toBeUndefined()
  })
})

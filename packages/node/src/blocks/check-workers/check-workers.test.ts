import { type Block, encodeBlock, networks } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { mineBlocks, regtest } from '../../../test/support/make-chain.ts'
import { startSourceThread as startThread } from '../../../test/support/source-thread.ts'
import { createBlockCheckWorkers } from './check-workers.ts'

const blocks = mineBlocks(regtest.genesis, 0, 20)

function doubled({ header, transactions }: Block): Block {
  return { header, transactions: [...transactions, ...transactions] }
}

describe('threads that check blocks', () => {
  it('find what checkBlock finds, each block at its height', async () => {
    await using workers = createBlockCheckWorkers({ network: regtest, workers: 2 }, { startThread })
    const good = blocks.map((block, index) => workers.check(encodeBlock(block), index + 1))
    const high = workers.check(encodeBlock(blocks[0]!), 7)
    const mutated = workers.check(encodeBlock(doubled(blocks[3]!)), 4)
    expect(await Promise.all(good)).toEqual(blocks.map(() => undefined))
    expect(await high).toEqual({ rule: 'bad-coinbase-height', mutated: false })
    expect(await mutated).toEqual({ rule: 'bad-merkle-root', mutated: true })
  })

  it('go by the rules of their network', async () => {
    await using workers = createBlockCheckWorkers({ network: networks.main }, { startThread })
    expect(await workers.check(encodeBlock(blocks[0]!), 7)).toBeUndefined()
  })

  it('leave the payload to its owner', async () => {
    await using workers = createBlockCheckWorkers({ network: regtest }, { startThread })
    const payload = encodeBlock(blocks[0]!)
    const before = Uint8Array.from(payload)
    const checking = workers.check(payload, 1)
    payload.fill(0)
    expect(await checking).toBeUndefined()
    expect(payload).toHaveLength(before.length)
  })

  it('reject what is under way when they are ended, and what comes after', async () => {
    const workers = createBlockCheckWorkers({ network: regtest }, { startThread })
    const underWay = expect(workers.check(encodeBlock(blocks[0]!), 1)).rejects.toThrow('were ended')
    await workers.close()
    await underWay
    await expect(workers.check(encodeBlock(blocks[0]!), 1)).rejects.toThrow('were ended')
    await workers.close()
  })

  it('reject when a thread dies, and those that live go on', async () => {
    await using workers = createBlockCheckWorkers({ network: regtest, workers: 2 }, { startThread })
    await expect(workers.check(Uint8Array.of(1, 2, 3), 1)).rejects.toThrow()
    for (const [index, block] of blocks.entries()) {
      expect(await workers.check(encodeBlock(block), index + 1)).toBeUndefined()
    }
  })

  it.each([0, -1, 1.5, Number.NaN, 65])('are not %s', (workers) => {
    expect(() => createBlockCheckWorkers({ network: regtest, workers })).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
  })
})

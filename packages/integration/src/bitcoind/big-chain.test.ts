import { blockSize, bytesToHex, encodeBlock, transactionSize } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { bigChainBlocks, bigChainFolder } from './big-chain.ts'
import { RegtestBitcoind } from './regtest-bitcoind.ts'

describe('the big chain', () => {
  it('has blocks and transactions of the sizes that are asked for, and bitcoind takes them', async () => {
    await using bitcoind = await RegtestBitcoind.start()
    const options = { blocks: 2, blockSize: 200_000, transactionSize: 600 }
    for (const block of bigChainBlocks(options)) {
      expect(await bitcoind.rpc('submitblock', bytesToHex(encodeBlock(block)))).toBeNull()
      if (block.transactions.length === 1) continue
      expect(blockSize(block)).toBeGreaterThan(199_000)
      expect(blockSize(block)).toBeLessThanOrEqual(200_000)
      expect(transactionSize(block.transactions[2]!)).toBe(600)
    }
    expect(await bitcoind.rpc('getblockcount')).toBe(103)
  })

  it('refuses a size that its transactions cannot have', async () => {
    await expect(bigChainFolder({ transactionSize: 601 })).rejects.toThrow(RangeError)
  })
})

// Fetch one block through a node.
import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { blockBytes, blockHashFromHex, bytesToHex, regtest } from '@sapwood/wire-codec'

const bitcoind = await RegtestBitcoind.start()
try {
  await bitcoind.mine(20)
  const hash = /** @type {string} */ (await bitcoind.rpc('getblockhash', 7))
  const node = await createNode({ network: regtest, connect: [bitcoind.p2pHostAndPort] })
  try {
    await node.chain.waitForHeight(20)
    const { block, height } = await node.getBlock(blockHashFromHex(hash))
    console.log('block', height, JSON.stringify(block.header))
    assert.equal(height, 7)
    assert.equal(bytesToHex(blockBytes(block)), await bitcoind.rpc('getblock', hash, 0))
  } finally {
    await node.stop()
  }
} finally {
  await bitcoind.stop()
}

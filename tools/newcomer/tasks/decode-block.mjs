// Decode a block, and list the ids of its transactions.
import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import { blockHash, decodeBlock, hashToHex, hexToBytes, txids } from '@sapwood/wire-codec'

const bitcoind = await RegtestBitcoind.start()
try {
  await bitcoind.fund()
  await bitcoind.pay(hexToBytes('0014' + '11'.repeat(20)), 50_000n)
  const [hash] = await bitcoind.mine(1)
  const { tx } = /** @type {{ tx: string[] }} */ (await bitcoind.rpc('getblock', hash, 1))
  const hex = /** @type {string} */ (await bitcoind.rpc('getblock', hash, 0))

  const block = decodeBlock(hexToBytes(hex))
  const ids = txids(block.transactions).map(hashToHex)
  console.log(hashToHex(blockHash(block.header)), ids)
  assert.equal(hashToHex(blockHash(block.header)), hash)
  assert.equal(ids.length, 2)
  assert.deepEqual(ids, tx)
} finally {
  await bitcoind.stop()
}

// Build the compact filter of a block, the same that bitcoind builds, and ask it.
import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import {
  blockHash,
  buildBasicFilter,
  bytesToHex,
  decodeBlock,
  hexToBytes,
  openBasicFilter,
} from '@sapwood/wire-codec'

/** @typedef {{ vin: { prevout?: { scriptPubKey: { hex: string } } }[] }} Spending */

const script = hexToBytes('0014' + '11'.repeat(20))
const bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex'] })
try {
  await bitcoind.fund()
  await bitcoind.pay(script, 50_000n)
  const [hash] = await bitcoind.mine(1)
  const { tx } = /** @type {{ tx: Spending[] }} */ (await bitcoind.rpc('getblock', hash, 3))
  const spent = tx.flatMap(({ vin }) => vin.flatMap(({ prevout }) => prevout?.scriptPubKey.hex ?? []))
  const block = decodeBlock(hexToBytes(/** @type {string} */ (await bitcoind.rpc('getblock', hash, 0))))

  const filter = buildBasicFilter(block, spent.map(hexToBytes))
  const theirs = /** @type {{ filter: string }} */ (await bitcoind.rpc('getblockfilter', hash))
  console.log(bytesToHex(filter))
  assert.equal(spent.length, 1)
  assert.equal(bytesToHex(filter), theirs.filter)
  const matcher = openBasicFilter(filter, blockHash(block.header))
  assert.equal(matcher.matchOne(script), true)
  assert.equal(matcher.matchAny([hexToBytes('0014' + '22'.repeat(20))]), false)
} finally {
  await bitcoind.stop()
}

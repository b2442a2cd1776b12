// Send a transaction, and see it in the mempool of a bitcoind.
import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { decodeTransaction, hashToHex, hexToBytes, regtest } from '@sapwood/wire-codec'

/**
 * A transaction that bitcoind's wallet has signed, and nobody has been told of.
 * @param {RegtestBitcoind} bitcoind
 */
async function payment(bitcoind) {
  await bitcoind.rpc('createwallet', 'payer')
  const address = /** @type {string} */ (await bitcoind.rpc('getnewaddress'))
  await bitcoind.mine(101, address)
  const raw = await bitcoind.rpc('createrawtransaction', [], [{ [address]: 1 }])
  const funded = /** @type {{ hex: string }} */ (await bitcoind.rpc('fundrawtransaction', raw))
  const signed = await bitcoind.rpc('signrawtransactionwithwallet', funded.hex)
  return decodeTransaction(hexToBytes(/** @type {{ hex: string }} */ (signed).hex))
}

const bitcoind = await RegtestBitcoind.start()
try {
  const transaction = await payment(bitcoind)
  const node = await createNode({ network: regtest, connect: [bitcoind.p2pHostAndPort] })
  try {
    await node.chain.waitForHeight(101)
    const started = performance.now()
    const announced = await node.transactions.broadcast(transaction, { until: 'announced' })
    const milliseconds = Math.round(performance.now() - started)
    console.log(announced.outcome, 'to', announced.announcedTo, 'after', milliseconds, 'ms')
    assert.equal(announced.announcedTo, 1)
    const { outcome, txid } = await node.transactions.broadcast(transaction)
    const id = hashToHex(txid)
    console.log(outcome, id)
    // It was asked for; bitcoind has it once it answers what came after it.
    await node.network.ping()
    assert.deepEqual(await bitcoind.rpc('getrawmempool'), [id])
  } finally {
    await node.stop()
  }
} finally {
  await bitcoind.stop()
}

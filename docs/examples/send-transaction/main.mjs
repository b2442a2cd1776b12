// Sends a transaction, and sees it in the mempool of a real bitcoind. A first run installs that bitcoind.
import { RegtestBitcoind } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { decodeTransaction, hashToHex, hexToBytes, regtest, txid } from '@sapwood/wire-codec'

/** A transaction that bitcoind's wallet has signed, and nobody has been told of. */
async function payment(bitcoind) {
  await bitcoind.rpc('createwallet', 'payer')
  const address = await bitcoind.rpc('getnewaddress')
  await bitcoind.mine(101, address)
  const raw = await bitcoind.rpc('createrawtransaction', [], [{ [address]: 1 }])
  const { hex: funded } = await bitcoind.rpc('fundrawtransaction', raw)
  const { hex } = await bitcoind.rpc('signrawtransactionwithwallet', funded)
  return decodeTransaction(hexToBytes(hex))
}

// It asks two seconds after it was told: we have dialled it, and it prefers those that it dials itself.
const bitcoind = await RegtestBitcoind.start()
const node = await createNode({ network: regtest, connect: [bitcoind.p2pHostAndPort] })
try {
  const transaction = await payment(bitcoind)
  await node.chain.waitForHeight(101)
  const started = performance.now()
  const announced = await node.transactions.broadcast(transaction, { until: 'announced' })
  console.log(announced.outcome, 'after', Math.round(performance.now() - started), 'ms')
  const sent = await node.transactions.broadcast(transaction)
  console.log(sent.outcome, 'after', Math.round(performance.now() - started), 'ms')

  const id = hashToHex(txid(transaction))
  const pool = async () => /** @type {string[]} */ (await bitcoind.rpc('getrawmempool'))
  while (!(await pool()).includes(id)) await node.network.ping()
  console.log('in the mempool:', id)
} finally {
  await node.stop()
  await bitcoind.stop()
}

// Sends a transaction, and sees it in the mempool of a real bitcoind. A first run installs that bitcoind.
import { RegtestBitcoind, RegtestChain, spendCoinbase, submitChain } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { hashToHex, regtest, txid } from '@sapwood/wire-codec'

// To whom this permission is given, bitcoind asks at once; others wait two seconds.
const bitcoind = await RegtestBitcoind.start({ args: ['-whitelist=noban@127.0.0.1', '-acceptnonstdtxn=1'] })
const node = await createNode({ network: regtest, connect: [bitcoind.p2pHostAndPort] })
try {
  const chain = new RegtestChain({ blocks: 101 })
  await submitChain(bitcoind, chain)
  const transaction = spendCoinbase(chain, 1)

  await node.chain.waitForHeight(101)
  const sent = await node.transactions.broadcast(transaction)
  console.log('announced to', sent.announcedTo, 'peer, asked for by', sent.requestedBy, '-', sent.outcome)

  const id = hashToHex(txid(transaction))
  while (!(await bitcoind.rpc('getrawmempool')).includes(id)) await node.network.ping()
  console.log('in the mempool:', id)
} finally {
  await node.stop()
  await bitcoind.stop()
}

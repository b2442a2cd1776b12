// Serve blocks to a bitcoind, which takes its whole chain from us.
import assert from 'node:assert/strict'
import { RegtestBitcoind, RegtestChain } from '@sapwood/integration'
import { createNode, createTcpListener } from '@sapwood/node'
import { hashToHex, regtest } from '@sapwood/wire-codec'

const chain = new RegtestChain({ blocks: 120, transactions: 2 })
const node = await createNode(
  { network: regtest, dnsSeeds: false, fixedSeeds: false },
  { listeners: [createTcpListener()], services: { block: (hash) => chain.byHash(hash)?.block } },
)
const bitcoind = await RegtestBitcoind.start()
try {
  await node.chain.submitHeaders(chain.headers)
  const [address] = node.network.listening()
  await bitcoind.rpc('addnode', address, 'onetry')
  await bitcoind.rpc('waitforblockheight', chain.height, 60_000)
  console.log('bitcoind is at', await bitcoind.rpc('getbestblockhash'))
  assert.equal(await bitcoind.rpc('getbestblockhash'), hashToHex(chain.tip))
} finally {
  await bitcoind.stop()
  await node.stop()
}

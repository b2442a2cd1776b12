// A node that serves blocks: a real bitcoind dials it and takes its whole chain from it.
import { RegtestBitcoind, RegtestChain } from '@sapwood/integration'
import { createNode, createTcpListener } from '@sapwood/node'
import { bytesToHex, hashToHex, regtest } from '@sapwood/wire-codec'

const chain = new RegtestChain({ blocks: 120, transactions: 1 })
const blocks = new Map(
  chain.headers.map((_, index) => {
    const { hash, block } = chain.at(index + 1)
    return [bytesToHex(hash), block]
  }),
)
const node = await createNode(
  { network: regtest, dnsSeeds: false, fixedSeeds: false },
  { listeners: [createTcpListener()], services: { block: (hash) => blocks.get(bytesToHex(hash)) } },
)
await node.chain.submitHeaders(chain.headers)
const bitcoind = await RegtestBitcoind.start()
try {
  const [address] = node.network.listening()
  await bitcoind.rpc('addnode', address, 'onetry')
  await bitcoind.rpc('waitforblockheight', 120, 60_000)
  const tip = await bitcoind.rpc('getbestblockhash')
  console.log('bitcoind is at', tip)
  if (tip !== hashToHex(chain.tip)) throw new Error('not our chain')
} finally {
  await bitcoind.stop()
  await node.stop()
}

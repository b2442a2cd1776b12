// Watches an address by compact block filters: what is paid to it, and by a reorg taken back. Addresses are
// the business of @scure/btc-signer; the watcher knows scripts.
import { RegtestBitcoind } from '@sapwood/integration'
import { createMemoryStore, createNode } from '@sapwood/node'
import { createWatcher } from '@sapwood/node/watcher'
import { regtest } from '@sapwood/wire-codec'
import { Address, OutScript } from '@scure/btc-signer'

const addresses = Address({ bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef })
const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
const script = OutScript.encode(addresses.decode(address))

const bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
await bitcoind.mineTo(script, 3)
const node = await createNode({ network: regtest, connect: [bitcoind.p2pHostAndPort], filters: true })
const watcher = await createWatcher(node, { store: createMemoryStore() })
const balance = () => watcher.unspent().reduce((sum, { value }) => sum + value, 0n)
try {
  await node.chain.waitForHeight(3)
  await watcher.watch([script], { from: 1 })
  await watcher.waitForHeight(3)
  for (const { block, payments } of watcher.transactions())
    for (const { value, scriptPubKey } of payments)
      console.log('block', block.height, addresses.encode(OutScript.decode(scriptPubKey)), value)
  if (balance() !== 15_000_000_000n) throw new Error('three blocks pay to the address')

  // The last two go; three others, which pay to somebody else, take their place.
  await bitcoind.rpc('invalidateblock', await bitcoind.rpc('getblockhash', 2))
  await bitcoind.mine(3)
  await watcher.waitForHeight(4)
  console.log('after a reorg', balance())
  if (balance() !== 5_000_000_000n) throw new Error('one block of the three is left')
} finally {
  await watcher.stop()
  await node.stop()
  await bitcoind.stop()
}

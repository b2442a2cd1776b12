// Follows the blocks of a real bitcoind and keeps count of what is paid to a script, also when the chain
// changes its mind.
import { RegtestBitcoind } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { bytesEqual, hexToBytes, regtest } from '@sapwood/wire-codec'

const script = hexToBytes('0014' + '11'.repeat(20))
const bitcoind = await RegtestBitcoind.start()
await bitcoind.mineTo(script, 3)
const node = await createNode({ network: regtest, connect: [bitcoind.p2pHostAndPort] })
const paid = new Map() // by height
let isReorganised = false
const total = () => [...paid.values()].reduce((sum, amount) => sum + amount, 0n)
try {
  for await (const item of node.blocks.follow({ from: 1 })) {
    if (item.type === 'reorg') {
      for (const { height } of item.change.disconnected) paid.delete(height)
      console.log('reorg:', item.change.disconnected.length, 'blocks are gone; balance', total())
      continue
    }
    const outputs = item.block.transactions.flatMap((transaction) => transaction.outputs)
    const ours = outputs.filter(({ scriptPubKey }) => bytesEqual(scriptPubKey, script))
    paid.set(
      item.height,
      ours.reduce((sum, { value }) => sum + value, 0n),
    )
    console.log('block', item.height, 'balance', total())
    if (item.height === 3 && !isReorganised) {
      isReorganised = true
      // The last two go; three others, which pay to somebody else, take their place.
      await bitcoind.rpc('invalidateblock', await bitcoind.rpc('getblockhash', 2))
      await bitcoind.mine(3)
    }
    if (item.height === 4) break
  }
  if (total() !== 5_000_000_000n) throw new Error('one block of the three is left')
} finally {
  await node.stop()
  await bitcoind.stop()
}

// Watch a script over a reorg.
import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import { createMemoryStore, createNode } from '@sapwood/node'
import { createWatcher } from '@sapwood/node/watcher'
import { hexToBytes, regtest } from '@sapwood/wire-codec'

const script = hexToBytes('0014' + '11'.repeat(20))
const bitcoind = await RegtestBitcoind.start({ args: ['-blockfilterindex', '-peerblockfilters'] })
try {
  await bitcoind.mineTo(script, 3)
  const node = await createNode({ network: regtest, connect: [bitcoind.p2pHostAndPort], filters: true })
  const watcher = await createWatcher(node, { store: createMemoryStore() }, { scripts: [script], from: 1 })
  const heights = () => watcher.transactions().map(({ block }) => block?.height)
  try {
    await watcher.waitForHeight(3)
    console.log('paid in', heights())
    assert.deepEqual(heights(), [1, 2, 3])

    // Its last two blocks go; three others, which pay to somebody else, take their place.
    await bitcoind.rpc('invalidateblock', await bitcoind.rpc('getblockhash', 2))
    await bitcoind.mine(3)
    await watcher.waitForHeight(4)
    console.log('after a reorg', heights())
    assert.deepEqual(
      watcher.unspent().map(({ value }) => value),
      [5_000_000_000n],
    )
  } finally {
    await watcher.stop()
    await node.stop()
  }
} finally {
  await bitcoind.stop()
}

import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import { TestPeer } from '@sapwood/integration/test-peer'

/** Starts a bitcoind of one's own, as every test file may at the same time as the others. */
export async function withBitcoind() {
  const bitcoind = await RegtestBitcoind.start({ keepOnFailure: true })
  return {
    /** It is nobody else's: it has the blocks that are mined here alone, and the one peer. */
    async check() {
      const hashes = await bitcoind.mine(3)
      const peer = await TestPeer.dial(bitcoind.p2pAddress, { version: { userAgent: `/${process.pid}:1/` } })
      await bitcoind.waitForPeer(new RegExp(`/${process.pid}:1/`))
      assert.equal(await bitcoind.rpc('getbestblockhash'), hashes[2])
      assert.equal(await bitcoind.rpc('getconnectioncount'), 1)
      await bitcoind.log.expect(/UpdateTip/)
      await peer.close()
    },
    close: () => bitcoind.stop(),
  }
}

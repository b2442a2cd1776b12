// A test for your CI: a real bitcoind, and a peer whose every byte is yours. `node --test main.mjs`.
import assert from 'node:assert'
import { after, before, test } from 'node:test'
import { RegtestBitcoind } from '@sapwood/integration'
import { TestPeer } from '@sapwood/integration/test-peer'

let bitcoind
before(async () => {
  bitcoind = await RegtestBitcoind.start() // installs itself on a first run
  await bitcoind.mine(5)
})
after(() => bitcoind.stop())

test('it answers over v2, and tells its height', async () => {
  const peer = await TestPeer.dial(bitcoind.p2pHostAndPort)
  try {
    await peer.expectAlive()
    assert.equal(await bitcoind.rpc('getblockcount'), 5)
  } finally {
    await peer.close()
  }
})

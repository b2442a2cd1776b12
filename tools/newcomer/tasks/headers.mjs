// Ask one peer for 2,000 headers.
import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import { createPeer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { blockHash, hashToHex, regtest } from '@sapwood/wire-codec'

const bitcoind = await RegtestBitcoind.start()
try {
  await bitcoind.mine(2_010)
  const connection = await connect(bitcoind.p2pAddress, { dialer: createTcpDialer(), network: regtest })
  const peer = createPeer(connection, { network: regtest, kind: 'manual' })
  const headers = await peer.getHeaders({ locator: [regtest.genesisHash] })
  const hashes = headers.map((header) => hashToHex(blockHash(header)))
  console.log(hashes.length, 'headers, the last is', hashes.at(-1))
  assert.equal(hashes.length, 2_000)
  assert.equal(hashes.at(0), await bitcoind.rpc('getblockhash', 1))
  assert.equal(hashes.at(-1), await bitcoind.rpc('getblockhash', 2_000))
  await peer.disconnect()
} finally {
  await bitcoind.stop()
}

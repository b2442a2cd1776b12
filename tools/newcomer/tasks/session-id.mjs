// Open a v2 connection to a bitcoind, and hold its session id against the one that bitcoind has.
import assert from 'node:assert/strict'
import { RegtestBitcoind } from '@sapwood/integration'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { bytesToHex, regtest } from '@sapwood/wire-codec'

const bitcoind = await RegtestBitcoind.start()
try {
  const connection = await connect(bitcoind.p2pAddress, { dialer: createTcpDialer(), network: regtest })
  assert.equal(connection.protocol, 'v2')
  assert(connection.sessionId)
  const ours = bytesToHex(connection.sessionId)
  const [peer] = /** @type {{ session_id: string }[]} */ (await bitcoind.rpc('getpeerinfo'))
  console.log(connection.protocol, ours)
  assert.equal(peer?.session_id, ours)
  await connection.writer.close()
} finally {
  await bitcoind.stop()
}

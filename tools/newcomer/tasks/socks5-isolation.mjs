// Dial through SOCKS5 with credentials of its own for each connection.
import assert from 'node:assert/strict'
import { RegtestBitcoind, startEmbeddedSocks5 } from '@sapwood/integration'
import { createSocks5Dialer } from '@sapwood/proxy'
import { connect } from '@sapwood/transport-v1v2'
import { regtest } from '@sapwood/wire-codec'

const bitcoind = await RegtestBitcoind.start()
const proxy = await startEmbeddedSocks5()
try {
  const dialer = createSocks5Dialer({ proxy: { host: proxy.host, port: proxy.port }, tor: true })
  for (let count = 0; count < 2; count++) {
    const connection = await connect(bitcoind.p2pAddress, { dialer, network: regtest })
    await connection.writer.close()
  }
  const seen = proxy.connections()
  console.log(seen)
  assert.deepEqual(
    seen.map(({ target }) => target),
    [bitcoind.p2pHostAndPort, bitcoind.p2pHostAndPort],
  )
  const [first, second] = seen.map(({ username, password }) => `${username}:${password}`)
  assert.notEqual(first, second)
} finally {
  await proxy.stop()
  await bitcoind.stop()
}

// Show a node's figures to Prometheus.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { RegtestBitcoind } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { regtest } from '@sapwood/wire-codec'
import prometheus from 'prom-client'

const register = new prometheus.Registry()
const connections = new prometheus.Gauge({
  name: 'bitcoin_connections',
  help: 'Peers past their handshake',
  labelNames: ['kind', 'protocol'],
  registers: [register],
})
const tipHeight = new prometheus.Gauge({
  name: 'bitcoin_tip_height',
  help: 'Height of the best chain',
  registers: [register],
})
const bitcoind = await RegtestBitcoind.start()
const server = createServer((_, response) => void register.metrics().then((text) => response.end(text)))
try {
  await bitcoind.mine(5)
  const node = await createNode(
    { network: regtest, connect: [bitcoind.p2pHostAndPort] },
    { metrics: { connections, tipHeight } },
  )
  try {
    await node.chain.waitForHeight(5)
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    const address = server.address()
    assert(address !== null && typeof address === 'object')
    const page = await (await fetch(`http://127.0.0.1:${address.port}/metrics`)).text()
    console.log(page)
    assert.match(page, /^bitcoin_tip_height 5$/m)
    assert.match(page, /^bitcoin_connections\{kind="manual",protocol="v2"\} 1$/m)
  } finally {
    await node.stop()
  }
} finally {
  server.close()
  await bitcoind.stop()
}

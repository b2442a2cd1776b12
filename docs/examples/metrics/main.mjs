// Feeds the collectors of prom-client, and serves them as Prometheus reads them.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { startRegtestPeer } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { formatPeerAddress, regtest } from '@sapwood/wire-codec'
import prometheus from 'prom-client'

const register = new prometheus.Registry()
const make = (Collector, name, help, labelNames = []) =>
  new Collector({ name: `sapwood_${name}`, help, labelNames, registers: [register] })
const { Counter, Gauge } = prometheus
const metrics = {
  connections: make(Gauge, 'connections', 'Peers past their handshake', ['kind', 'protocol']),
  dials: make(Counter, 'dials_total', 'Dials by how they went', ['kind', 'outcome']),
  disconnects: make(Counter, 'disconnects_total', 'Ends of connections', ['kind', 'code']),
  tipHeight: make(Gauge, 'tip_height', 'Height of the best chain'),
  memory: make(Gauge, 'memory_bytes', 'Held for connections and queues', ['purpose']),
}

const remote = await startRegtestPeer()
const node = await createNode({ network: regtest, connect: [formatPeerAddress(remote.address)] }, { metrics })
const server = createServer(async (_, response) => response.end(await register.metrics()))
await once(server.listen(0, '127.0.0.1'), 'listening')
try {
  await node.chain.waitForHeight(100)
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const page = await fetch(`http://127.0.0.1:${port}/metrics`)
  const text = await page.text()
  console.log(text)
  if (!/sapwood_tip_height 100/.test(text)) throw new Error('the height is there as soon as it is known')
  if (!/sapwood_connections\{kind="manual",protocol="v2"\} 1/.test(text))
    throw new Error('so is the connection')
} finally {
  server.close()
  await node.stop()
  await remote.stop()
}

import { connect } from '@nats-io/transport-node'
import { createNode, openStore } from '@sapwood/node'
import { publish } from '@sapwood/publish'
import { createJetStreamSink } from '@sapwood/publish/nats'
import { regtest } from '@sapwood/wire-codec'

// A node that publishes, in a process of its own, to be killed. Its arguments: bitcoind's port, that of the
// NATS server, and the folder of its store.
const [port, natsPort, folder] = process.argv.slice(2)
const store = await openStore(folder!)
const node = await createNode(
  { network: regtest, connect: [`127.0.0.1:${port!}`], dnsSeeds: false, fixedSeeds: false },
  { store },
)
const connection = await connect({
  servers: `127.0.0.1:${natsPort!}`,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 50,
  waitOnFirstConnect: true,
})
const sink = createJetStreamSink({ connection }, { stream: 'sapwood', prefix: 'sapwood.regtest' })
const publisher = publish(
  node,
  sink,
  { from: 0, kinds: ['headers', 'blocks'], retryPause: 50, ackTimeout: 5_000 },
  { onEvent: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`) },
)
for (const name of ['peer-disconnected', 'connection-failed', 'block-unavailable'] as const)
  node.events.on(name, () => void process.stdout.write(`${name}\n`))
process.stdout.write('working\n')
const error = await publisher.ended
throw error ?? new Error('publishing has ended')

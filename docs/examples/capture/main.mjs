// Captures every message of a connection in the format of Core's -capturemessages, and reads it back.
import { startRegtestPeer } from '@sapwood/integration'
import { captureMessages, createPeer, readCapture } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { concatBytes, decodePayload, regtest } from '@sapwood/wire-codec'

const remote = await startRegtestPeer()
const connection = await connect(remote.address, { dialer: createTcpDialer(), network: regtest })
const peer = createPeer(connection, { network: regtest, kind: 'manual' })
const files = { received: [], sent: [] }
captureMessages(peer.events, {
  received: (record) => files.received.push(record),
  sent: (record) => files.sent.push(record),
})
try {
  await peer.getHeaders({ locator: [regtest.genesisHash] })
} finally {
  await peer.disconnect()
  await remote.stop()
}

for (const [direction, records] of Object.entries(files)) {
  console.log(direction)
  for (const { time, command, payload } of readCapture(concatBytes(...records))) {
    const text = JSON.stringify(decodePayload(command, payload))
    console.log(' ', new Date(time / 1_000).toISOString(), text.slice(0, 100))
  }
}

// Bitcoin's protocol over something that is no socket: a MessagePort, as between two threads. Whatever carries
// bytes in order is a `ByteStream` of four methods; `describeByteStream` of the conformance kit tests one.
import { createRegtestPeer } from '@sapwood/integration'
import { createPeer } from '@sapwood/peer'
import { connect, createReceiveQueue } from '@sapwood/transport-v1v2'
import { regtest } from '@sapwood/wire-codec'

function portStream(port) {
  const queue = createReceiveQueue({ pause: () => {}, resume: () => {} })
  port.onmessage = ({ data }) => (data === null ? queue.end() : queue.push(data))
  return {
    read: () => queue.read(),
    write: async (bytes) => {
      for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) port.postMessage(part.slice())
    },
    close: async () => port.postMessage(null),
    abort: (reason) => {
      port.postMessage(null)
      queue.fail(reason)
      port.close()
    },
  }
}

const remote = createRegtestPeer()
const dialer = {
  dial: async () => {
    const { port1, port2 } = new MessageChannel()
    void remote.serve(portStream(port2))
    return portStream(port1)
  },
}
/** @type {import('@sapwood/wire-codec').PeerAddress} */
const address = { network: 'name', host: 'a.thread', port: 0 }
const connection = await connect(address, { dialer, network: regtest })
const peer = createPeer(connection, { network: regtest, kind: 'manual' })
const { userAgent } = await peer.handshake
console.log(connection.protocol, userAgent)
await peer.disconnect()
await remote.stop()

// A dialer of one's own: it refuses what is not on this machine, and tells of every dial. `describeDialer` of
// the conformance kit tests one.
import { startRegtestPeer } from '@sapwood/integration'
import { createNode } from '@sapwood/node'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { formatPeerAddress, isLocal, regtest } from '@sapwood/wire-codec'

const tcp = createTcpDialer()
const dialer = {
  dial: async (address, options) => {
    if (address.network === 'name' || !isLocal(address)) throw new Error('only this machine is dialled')
    console.log('dialling', formatPeerAddress(address))
    return tcp.dial(address, options)
  },
}

const remote = await startRegtestPeer()
const node = await createNode({ network: regtest, connect: [] }, { dialer })
try {
  const { version } = await node.network.connectPeer(remote.address)
  console.log('connected to', version.userAgent)
  const error = await node.network.connectPeer('203.0.113.7', { once: true }).catch((reason) => reason)
  console.log(error.code, '-', error.message)
} finally {
  await node.stop()
  await remote.stop()
}

// Speaks to one peer: shakes hands, and asks for headers.
import { RegtestChain, startRegtestPeer } from '@sapwood/integration'
import { createPeer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { blockHash, hashToHex, regtest } from '@sapwood/wire-codec'

const remote = await startRegtestPeer({ chain: new RegtestChain({ blocks: 2_100 }) })
const connection = await connect(remote.address, { dialer: createTcpDialer(), network: regtest })
const peer = createPeer(connection, { network: regtest, kind: 'manual' })
try {
  const { userAgent, startHeight } = await peer.handshake
  console.log(userAgent, 'at height', startHeight)
  const headers = await peer.getHeaders({ locator: [regtest.genesisHash] })
  console.log(headers.length, 'headers, the last is', hashToHex(blockHash(headers.at(-1))))
  const rest = await peer.getHeaders({ locator: [blockHash(headers.at(-1))] })
  console.log('and', rest.length, 'more')
  if (headers.length !== 2_000 || rest.length !== 100) throw new Error('2,000 at a time')
} finally {
  await peer.disconnect()
  await remote.stop()
}

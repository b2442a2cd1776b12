// Opens a v2 connection (BIP324), and shows the session id that both sides can compare.
import { startRegtestPeer } from '@sapwood/integration'
import { connect } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { bytesToHex, mainnet, regtest } from '@sapwood/wire-codec'

const remote = await startRegtestPeer()
try {
  const dialer = createTcpDialer()
  const connection = await connect(remote.address, { dialer, network: regtest })
  console.log(connection.protocol, 'session', bytesToHex(connection.sessionId))
  console.log(connection.attempts)
  connection.abort(new Error('done'))

  // A peer of another network is known at once, by the end of its garbage.
  const error = await connect(remote.address, { dialer, network: mainnet }).catch((reason) => reason)
  console.log(error.code, error.message)
  if (error.code !== 'wrong-network') throw error
} finally {
  await remote.stop()
}

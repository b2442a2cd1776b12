import { connect, cryptoBackend, neverFallback } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import {
  bytesToHex,
  encodePayload,
  networkByName,
  parsePeerAddress,
  sha256Backend,
} from '@sapwood/wire-codec'
import { exchangeVersions, readUntil } from '../transport/version-exchange.ts'

// Runs in the runtime under test: a v2 connection to the bitcoind that is named as its argument. It says in
// a line of JSON how that went, and keeps the connection until it is killed.

const network = networkByName('regtest')
const address = parsePeerAddress(process.argv[2]!, { defaultPort: network.defaultPort })
const connection = await connect(address, { dialer: createTcpDialer(), network, fallback: neverFallback })
const { userAgent } = await exchangeVersions(connection)
// Packets of every size class: some go through WebAssembly, some through what the runtime has.
for (const size of [0, 100, 5_000, 200_000]) {
  connection.writer.send({ command: 'unknown', payload: new Uint8Array(size) })
}
connection.writer.send(encodePayload({ type: 'ping', nonce: 7n }))
await readUntil(connection, 'pong')
const result = {
  protocol: connection.protocol,
  sessionId: bytesToHex(connection.sessionId!),
  userAgent,
  crypto: cryptoBackend().name,
  sha256: sha256Backend().name,
}
console.log(JSON.stringify(result))

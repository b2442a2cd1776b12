// Dials through a SOCKS5 proxy so that no two connections share credentials: Tor makes a circuit of each. The
// proxy here is a few lines that write down who comes; with Tor it is { host: '127.0.0.1', port: 9050 }.
import { once } from 'node:events'
import { connect as openSocket, createServer } from 'node:net'
import { startRegtestPeer } from '@sapwood/integration'
import { createSocks5Dialer } from '@sapwood/proxy'
import { connect } from '@sapwood/transport-v1v2'
import { regtest } from '@sapwood/wire-codec'

const users = []
const proxy = createServer((socket) => {
  socket.once('data', () => {
    socket.write(Uint8Array.of(5, 2)) // by name and password (RFC 1929)
    socket.once('data', (login) => {
      users.push(login.subarray(2, 2 + login[1]).toString())
      socket.write(Uint8Array.of(1, 0))
      socket.once('data', (request) => {
        const remote = openSocket(request.readUInt16BE(request.length - 2), '127.0.0.1', () => {
          socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
          socket.pipe(remote).pipe(socket)
        })
        remote.on('error', () => socket.destroy())
        socket.on('error', () => remote.destroy())
      })
    })
  })
})
await once(proxy.listen(0, '127.0.0.1'), 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (proxy.address())
const peer = await startRegtestPeer()
try {
  const dialer = createSocks5Dialer({ proxy: { host: '127.0.0.1', port }, tor: true })
  for (const name of ['first', 'second']) {
    const connection = await connect(peer.address, { dialer, network: regtest })
    console.log(name, connection.protocol, 'as', users.at(-1))
    connection.abort(new Error('done'))
  }
  if (new Set(users).size !== 2) throw new Error('two connections, two users')
} finally {
  await peer.stop()
  proxy.close()
}

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

/** The least that gets a socket through a SOCKS5 server without authentication: what a plain pipe costs. */
export async function plainSocks5(proxyPort: number, targetPort: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: proxyPort, noDelay: true, allowHalfOpen: true })
  await once(socket, 'connect')
  socket.write(Uint8Array.of(5, 1, 0))
  await readExactly(socket, 2)
  const host = Buffer.from('127.0.0.1')
  socket.write(Uint8Array.of(5, 1, 0, 3, host.length, ...host, targetPort >> 8, targetPort & 0xff))
  const reply = await readExactly(socket, 10)
  if (reply[1] !== 0) throw new Error(`reply ${String(reply[1])}`)
  return socket
}

/** Reads until the end. @returns bytes read. */
export async function drainSocket(socket: Socket): Promise<number> {
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  await once(socket, 'end')
  // As our stream's `close()` does, which the other side of the comparison calls.
  await new Promise<void>((resolve) => socket.end(resolve))
  return bytes
}

async function readExactly(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(length) as Buffer | null
    if (bytes !== null) return bytes
    await once(socket, 'readable')
  }
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { regtest } from '@sapwood/wire-codec'

/** A place through which nothing but v1 leads. */
export interface V1OnlyRelay extends AsyncDisposable {
  readonly hostAndPort: string
}

/**
 * Passes on to `port` of 127.0.0.1 what begins with the network's magic, and hangs up on the rest: on a v2
 * handshake.
 */
export async function startV1OnlyRelay(port: number): Promise<V1OnlyRelay> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  }
  const server = createServer((from) => {
    keep(from)
    from.once('data', (first: Buffer) => {
      const isV1 = regtest.magic.every((byte, index) => first[index] === byte)
      if (!isV1) {
        from.destroy()
        return
      }
      const to = connect(port, '127.0.0.1')
      keep(to)
      to.write(first)
      from.pipe(to).pipe(from)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    hostAndPort: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

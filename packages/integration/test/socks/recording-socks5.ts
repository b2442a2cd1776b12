import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/** What a client asked the server for. */
export interface AskedFor {
  readonly host: string
  readonly port: number
  /** Kind of address in the request: 3 is a name. */
  readonly addressType: number
  readonly username: string
}

/** A SOCKS5 server that resolves nothing: it takes any credentials, and leads to the ports it was told of. */
export class RecordingSocks5 implements AsyncDisposable {
  readonly asked: AskedFor[] = []
  /** Host to a port of 127.0.0.1; any other host is refused (host unreachable). */
  readonly routes: Map<string, number> = new Map()
  readonly #sockets: Set<Socket> = new Set()
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    void this.#serve(socket).catch(() => socket.destroy())
  })

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get port(): number {
    const address = this.#server.address()
    return address !== null && typeof address === 'object' ? address.port : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  async #serve(socket: Socket): Promise<void> {
    const read = reader(socket)
    const methods = await read((await read(2))[1]!)
    const withPassword = methods.includes(2)
    socket.write(Uint8Array.of(5, withPassword ? 2 : 0))
    let username = ''
    if (withPassword) {
      username = Buffer.from(await read((await read(2))[1]!)).toString()
      await read((await read(1))[0]!)
      socket.write(Uint8Array.of(1, 0))
    }
    const [, , , addressType = 0, length = 0] = await read(5)
    const host = Buffer.from(await read(length)).toString()
    const [high = 0, low = 0] = await read(2)
    this.asked.push({ host, port: high * 256 + low, addressType, username })
    const port = this.routes.get(host)
    if (port === undefined) {
      socket.end(Uint8Array.of(5, 4, 0, 1, 0, 0, 0, 0, 0, 0))
      return
    }
    const target = connect({ host: '127.0.0.1', port })
    target.on('error', () => socket.destroy())
    target.once('close', () => socket.destroy())
    socket.once('close', () => target.destroy())
    await once(target, 'connect')
    socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
    socket.pipe(target)
    target.pipe(socket)
  }
}

function reader(socket: Socket): (length: number) => Promise<Uint8Array> {
  return async (length) => {
    if (length === 0) return new Uint8Array(0)
    for (;;) {
      const bytes = socket.read(length) as Buffer | null
      if (bytes !== null) return bytes
      await once(socket, 'readable')
    }
  }
}

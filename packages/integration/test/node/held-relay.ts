import { connect, createServer, type Server, type Socket } from 'node:net'
import type { NetworkAddress } from '@sapwood/wire-codec'

/**
 * Stands between a node and a peer, passes bytes on, and can stop passing those of the peer while both stay
 * connected.
 */
export class HeldRelay implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #remotes = new Set<Socket>()
  #held = false

  private constructor(server: Server) {
    this.#server = server
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(target: NetworkAddress): Promise<HeldRelay> {
    const server = createServer()
    const relay = new HeldRelay(server)
    server.on('connection', (local) => relay.#join(local, target.port))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return relay
  }

  get address(): NetworkAddress {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The relay does not listen')
    return { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: address.port }
  }

  /** From now on nothing of what the peer sends gets through. */
  hold(): void {
    this.#held = true
    for (const remote of this.#remotes) remote.pause()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #join(local: Socket, port: number): void {
    const remote = connect(port, '127.0.0.1')
    this.#remotes.add(remote)
    for (const [socket, other] of [
      [local, remote],
      [remote, local],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('data', (bytes) => other.write(bytes))
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#remotes.delete(socket)
        other.destroy()
      })
    }
    if (this.#held) remote.pause()
  }
}

import { connect, createServer, type Server, type Socket } from 'node:net'
import type { NetworkAddress } from '@sapwood/wire-codec'

/** How a connection goes wrong. */
export type Fault =
  /** Both ends see a reset. */
  | 'reset'
  /** Both ends see an end, as from a remote that closes. */
  | 'fin'
  /** The node sees an end; what it sends still gets through, and nothing of the other side does. */
  | 'half-close'
  /** Both stay connected, and nothing gets through any more. */
  | 'silence'

/** What is to become of one connection. */
export interface Fate {
  readonly fault: Fault
  /** Bytes that the dialled side may have sent by then. */
  readonly afterBytes: number
  /** Counted on what the dialler sends instead. */
  readonly countsDialler: boolean
}

/** Stands between two that speak over TCP, and ends or stalls what passes through it. */
export class FaultyRelay implements AsyncDisposable {
  /** What becomes of the next connections, one each; none: they last. */
  readonly fates: Fate[] = []
  /** Milliseconds that each portion of bytes is held. */
  latency = 0
  readonly #server: Server
  readonly #port: number
  readonly #node: 'dials' | 'is dialled'
  readonly #links = new Set<Link>()

  private constructor(server: Server, port: number, node: 'dials' | 'is dialled') {
    this.#server = server
    this.#port = port
    this.#node = node
  }

  /**
   * Listens on a free port of 127.0.0.1.
   * @param port where the dialled side is, on 127.0.0.1.
   * @param node on which side the node is.
   */
  static async start(port: number, node: 'dials' | 'is dialled'): Promise<FaultyRelay> {
    const server = createServer({ allowHalfOpen: true })
    const relay = new FaultyRelay(server, port, node)
    server.on('connection', (dialler) => relay.#join(dialler))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return relay
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The relay does not listen')
    return address.port
  }

  get address(): NetworkAddress {
    return { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: this.port }
  }

  /** Connections that are not over. */
  get connections(): number {
    return this.#links.size
  }

  /** Does this to all connections that there are. */
  strike(fault: Fault): void {
    for (const link of this.#links) link.fail(fault)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #join(dialler: Socket): void {
    const dialled = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true })
    const sockets = { dialler, dialled, node: this.#node === 'dials' ? dialler : dialled }
    const link = new Link(sockets, this.fates.shift(), () => this.latency)
    this.#links.add(link)
    link.onOver = () => this.#links.delete(link)
  }
}

interface LinkSockets {
  readonly dialler: Socket
  readonly dialled: Socket
  /** That of the two which leads to the node. */
  readonly node: Socket
}

class Link {
  onOver: () => void = () => undefined
  readonly #sockets: LinkSockets
  readonly #fate: Fate | undefined
  readonly #latency: () => number
  readonly #timers = new Set<NodeJS.Timeout>()
  #passed = 0
  #isSilent = false
  #open = 2

  constructor(sockets: LinkSockets, fate: Fate | undefined, latency: () => number) {
    const { dialler, dialled } = sockets
    this.#sockets = sockets
    this.#fate = fate
    this.#latency = latency
    this.#pass(dialler, dialled, fate?.countsDialler === true)
    this.#pass(dialled, dialler, fate?.countsDialler === false)
    if (fate?.afterBytes === 0) dialled.once('connect', () => this.fail(fate.fault))
  }

  fail(fault: Fault): void {
    const { dialler, dialled, node } = this.#sockets
    const other = node === dialler ? dialled : dialler
    switch (fault) {
      case 'reset':
        dialler.resetAndDestroy()
        dialled.resetAndDestroy()
        return
      case 'fin':
        dialler.end()
        dialled.end()
        return
      case 'half-close':
        other.removeAllListeners('data')
        other.resume()
        node.end()
        return
      case 'silence':
        this.#isSilent = true
    }
  }

  destroy(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#sockets.dialler.destroy()
    this.#sockets.dialled.destroy()
  }

  #pass(from: Socket, to: Socket, isCounted: boolean): void {
    from.on('data', (bytes) => {
      if (this.#isSilent) return
      const left = isCounted && this.#fate !== undefined ? this.#fate.afterBytes - this.#passed : Infinity
      if (isCounted) this.#passed += bytes.length
      if (bytes.length < left) {
        this.#write(to, bytes)
        return
      }
      to.write(bytes.subarray(0, left))
      this.fail(this.#fate!.fault)
    })
    from.on('end', () => {
      // Nobody answers: for who ended, it is over as far as can be seen from here.
      if (this.#isSilent) this.onOver()
      else this.#later(() => to.end())
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      // Who is left behind by a silent one hears of nothing until it gives up itself.
      if (!this.#isSilent) this.#later(() => to.destroy())
      this.#open--
      if (this.#open === 0 || this.#isSilent) this.onOver()
      if (this.#isSilent) to.destroy()
    })
  }

  #write(to: Socket, bytes: Uint8Array): void {
    this.#later(() => {
      if (!to.destroyed && to.writable) to.write(bytes)
    })
  }

  #later(act: () => void): void {
    const latency = this.#latency()
    if (latency === 0) {
      act()
      return
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, latency)
    this.#timers.add(timer)
  }
}

import { createPeer, type Peer } from '@sapwood/peer'
import { connect, neverFallback } from '@sapwood/transport-v1v2'
import { createTcpDialer } from '@sapwood/transport-v1v2/tcp'
import { regtest, Services } from '@sapwood/wire-codec'

/** Between two pings, in milliseconds. */
const PING_INTERVAL = 20
/** A ping that takes longer is one of that length. */
const PING_TIMEOUT = 20_000

/** An honest peer that dialled the node, and pings it all the time. */
export class HonestPinger implements AsyncDisposable {
  readonly #peer: Peer
  readonly #running: Promise<void>
  #pings: number[] = []
  #ended: string | undefined
  #stopping = false
  /** When the ping that is under way was sent, later by how long the node stood still since. */
  #asked: number | undefined
  #pausedAt = 0

  private constructor(peer: Peer) {
    this.#peer = peer
    void peer.closed.then(({ reason }) => {
      if (!this.#stopping) this.#ended = reason.code
    })
    void this.#drain()
    this.#running = this.#ping()
  }

  /** @throws TransportError, PeerError where the node does not let it in. */
  static async dial(port: number): Promise<HonestPinger> {
    const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port } as const
    const transport = await connect(address, {
      dialer: createTcpDialer(),
      network: regtest,
      fallback: neverFallback,
    })
    const peer = createPeer(transport, {
      network: regtest,
      kind: 'manual',
      version: { services: Services.NETWORK | Services.WITNESS, startHeight: 0 },
    })
    await peer.handshake
    return new HonestPinger(peer)
  }

  /** Why its connection ended; undefined while it is there. */
  get ended(): string | undefined {
    return this.#ended
  }

  /** Round trips in milliseconds since the last time this was called. */
  take(): readonly number[] {
    const pings = this.#pings
    this.#pings = []
    // One that is not answered yet has taken so long already.
    return this.#asked === undefined ? pings : [...pings, performance.now() - this.#asked]
  }

  /** The node stands still from now on. */
  pause(): void {
    this.#pausedAt = performance.now()
  }

  /** It goes on: what was measured meanwhile tells nothing, and of the ping under way only the rest. */
  resume(): void {
    this.#pings = []
    if (this.#asked !== undefined) this.#asked += performance.now() - Math.max(this.#pausedAt, this.#asked)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    await this.#peer.disconnect()
    await this.#running
  }

  async #ping(): Promise<void> {
    while (!this.#stopping && this.#ended === undefined) {
      this.#asked = performance.now()
      await this.#peer.ping({ timeout: PING_TIMEOUT }).catch(() => undefined)
      this.#pings.push(performance.now() - this.#asked)
      this.#asked = undefined
      await new Promise((resolve) => setTimeout(resolve, PING_INTERVAL))
    }
  }

  /** What the node sends unasked is taken off its hands. */
  async #drain(): Promise<void> {
    for await (const notification of this.#peer.messages()) {
      if (notification.message.type === 'disconnected') return
    }
  }
}

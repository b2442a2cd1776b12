import type { Transport, TransportStats } from '@sapwood/transport-v1v2'
import { AsyncQueue } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import {
  type AnyMessage,
  decodePayload,
  encodePayload,
  type Message,
  type MessageOf,
  type Network,
  networks,
  type Contents,
} from '@sapwood/wire-codec'
import {
  createPeer,
  type DisconnectReason,
  type Peer,
  type PeerComponents,
  peerId,
  type PeerNotification,
  type PeerOptions,
} from '../../src/index.ts'

export const network: Network = networks.regtest

const noStats: TransportStats = {
  bytesReceived: 0,
  bytesSent: 0,
  messagesReceived: 0,
  messagesSent: 0,
  decoysReceived: 0,
  decoysSent: 0,
  messagesDropped: 0,
  rekeys: 0,
  handshakeMilliseconds: 0,
  received: new Map(),
  sent: new Map(),
}

/** A transport whose other end is the test. Nothing moves unless the test says so. */
export class ScriptedTransport implements Transport {
  readonly protocol = 'v1'
  /** What the peer has sent. */
  readonly sent: Contents[] = []
  /** Reads that were answered: how often the peer asked for more. */
  reads = 0
  aborted: Error | undefined
  closed = false
  /** Bytes that the writer holds back while `blocked`. */
  blocked = false
  queuedBytes = 0
  readonly #incoming = new AsyncQueue<readonly Contents[]>()
  #readyWaiters: { resolve: () => void; reject: (error: Error) => void }[] = []

  readonly reader = {
    read: (): Promise<readonly Contents[] | null> => {
      this.reads += 1
      return this.#incoming.take(null)
    },
    expectLarge: (command: string, expected: boolean): void => {
      this.large = this.large.filter((each) => each !== command)
      if (expected) this.large.push(command)
    },
  }

  /** Commands of which larger messages are expected. */
  large: string[] = []
  readonly writer: Transport['writer']

  constructor() {
    const get = (): number => this.queuedBytes
    this.writer = {
      send: (message) => {
        if (this.aborted !== undefined || this.closed) throw new Error('closed')
        this.sent.push({ command: message.command, payload: message.payload.slice() })
        if (this.blocked) this.queuedBytes += message.payload.length + 24
        return !this.blocked
      },
      ready: () =>
        this.blocked
          ? new Promise((resolve, reject) => this.#readyWaiters.push({ resolve, reject }))
          : Promise.resolve(),
      get queuedBytes() {
        return get()
      },
      close: () => {
        this.closed = true
        return Promise.resolve()
      },
    }
  }

  stats(): TransportStats {
    return { ...noStats, bytesSent: this.bytesSent(), messagesSent: this.sent.length }
  }

  bytesSent(): number {
    return this.sent.reduce((sum, { payload }) => sum + payload.length + 24, 0)
  }

  abort(reason: Error): void {
    this.aborted ??= reason
    this.#incoming.fail(reason)
    for (const waiter of this.#readyWaiters.splice(0)) waiter.reject(reason)
  }

  /** Gives the peer a batch, the end (`null`) or a failure. */
  push(batch: readonly Contents[] | null | Error): void {
    if (batch === null) this.#incoming.end()
    else if (batch instanceof Error) this.#incoming.fail(batch)
    else this.#incoming.push(batch)
  }

  unblock(): void {
    this.blocked = false
    this.queuedBytes = 0
    for (const waiter of this.#readyWaiters.splice(0)) waiter.resolve()
  }
}

export interface ScriptedRemoteOptions extends Partial<PeerOptions<AnyMessage>> {
  readonly components?: Partial<PeerComponents>
  readonly seed?: number
}

/** A remote played by the test, on a clock that stands still until it is moved. */
export class ScriptedRemote {
  readonly clock: VirtualClock = createVirtualClock()
  readonly transport: ScriptedTransport = new ScriptedTransport()
  readonly peer: Peer
  readonly notifications: PeerNotification[] = []
  #taken = 0
  #reason: DisconnectReason | undefined

  constructor({ components, seed = 1, ...options }: ScriptedRemoteOptions = {}) {
    this.peer = createPeer<AnyMessage>(
      this.transport,
      { id: peerId(1), kind: 'outbound-full-relay', network, ...options },
      { clock: this.clock, random: createSeededRandom(seed), ...components },
    ) as Peer
    if (components?.notifications === undefined) void this.#collect()
    void this.peer.closed.then(({ reason }) => {
      this.#reason = reason
    })
  }

  /** Why the connection ended, once it has and the event has settled. */
  get reason(): DisconnectReason | undefined {
    return this.#reason
  }

  /** Lets everything settle without moving time. */
  settle(): Promise<void> {
    return this.clock.advance(0)
  }

  /** Sends messages to the peer, in one batch, and lets it act. */
  async say(...messages: readonly Message[]): Promise<void> {
    this.transport.push(messages.map((message) => encodePayload(message)))
    await this.settle()
  }

  async sayRaw(command: string, payload: Uint8Array = new Uint8Array(0)): Promise<void> {
    this.transport.push([{ command, payload }])
    await this.settle()
  }

  /** What the peer has said since the last call. */
  heard(): Message[] {
    const fresh = this.transport.sent.slice(this.#taken)
    this.#taken = this.transport.sent.length
    return fresh.map(({ command, payload }) => decodePayload(command, payload))
  }

  heardTypes(): string[] {
    return this.heard().map(({ type }) => type)
  }

  /** The last message of a type that the peer has said since the last call of `heard`. */
  heardOf<Type extends Message['type']>(type: Type): MessageOf<Type> | undefined {
    return this.heard()
      .filter((message): message is MessageOf<Type> => message.type === type)
      .at(-1)
  }

  /** Messages that the peer handed on to its owner. */
  handedOn(): Message[] {
    return this.notifications.flatMap(({ message }) => (message.type === 'message' ? [message.message] : []))
  }

  /** The remote's half of a version handshake. */
  async shakeHands(version: Partial<MessageOf<'version'>> = {}): Promise<void> {
    await this.settle()
    await this.say(versionMessage(version))
    await this.say({ type: 'verack' })
    this.heard()
  }

  async #collect(): Promise<void> {
    for await (const notification of this.peer.messages()) this.notifications.push(notification)
  }
}

const NO_ADDRESS = { services: 0n, ip: new Uint8Array(16), port: 0 }

/** A `version` as a full node of today sends it. */
export function versionMessage(fields: Partial<MessageOf<'version'>> = {}): MessageOf<'version'> {
  return {
    type: 'version',
    version: 70_017,
    services: 0x0c09n,
    time: 1_767_225_600,
    receiver: NO_ADDRESS,
    sender: NO_ADDRESS,
    nonce: 99n,
    userAgent: '/remote:1/',
    startHeight: 100,
    relay: true,
    ...fields,
  }
}

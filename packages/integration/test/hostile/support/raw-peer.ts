import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { AsyncQueue } from '@sapwood/transport-v1v2/environment'
import { createV1Codec, createV2Session, type FrameCodec, type V2Session } from '@sapwood/transport-v1v2'
import {
  encodePayload,
  type Message,
  regtest,
  Services,
  type VersionMessage,
  type Contents,
} from '@sapwood/wire-codec'
import { tally } from './tally.ts'
import { type HostileMessage, v1Frame } from './v1-frame.ts'

export type Protocol = 'v1' | 'v2'

export interface RawPeerOptions {
  readonly port: number
  /** Source address in 127.0.0.0/8, so that no two hostile peers need to share one. */
  readonly from?: string
  readonly protocol?: Protocol
  /** Payload of its `version`. Default: that of an ordinary full node. */
  readonly version?: Uint8Array
  /** What goes between `version` and `verack`. Default: `wtxidrelay` and `sendaddrv2`. */
  readonly between?: readonly HostileMessage[]
}

const EMPTY = new Uint8Array(0)
/** Longest that a node may take for its part of a handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT = 30_000

/** The payload of the `version` of an ordinary full node. */
export function versionPayload(facts: Partial<VersionMessage> = {}): Uint8Array {
  const none = { services: 0n, ip: new Uint8Array(16), port: 0 }
  return encodePayload({
    type: 'version',
    version: 70_016,
    services: Services.NETWORK | Services.WITNESS,
    time: 1_700_000_000,
    receiver: none,
    sender: none,
    nonce: BigInt(Math.floor(Math.random() * 2 ** 52)),
    userAgent: '/hostile:1/',
    startHeight: 0,
    relay: true,
    ...facts,
  }).payload
}

/**
 * A peer of a few lines over a plain socket: it can complete a handshake in v1 or v2, then sends whatever it
 * is given as fast as the socket takes it, and reads only if it likes. Nothing that happens to its connection
 * throws.
 */
export class RawPeer {
  readonly protocol: Protocol
  readonly socket: Socket
  /** Resolves when the connection is gone, whoever ended it. */
  readonly gone: Promise<void>
  static readonly #open = new Set<Socket>()
  readonly #codec: FrameCodec | V2Session
  /** Decoys to put before the next message (v2). */
  #decoys = 0
  readonly #heard = new AsyncQueue<Contents>()
  #listening = true

  private constructor(socket: Socket, protocol: Protocol) {
    this.socket = socket
    this.protocol = protocol
    this.#codec =
      protocol === 'v1'
        ? createV1Codec(regtest.magic)
        : createV2Session({
            role: 'initiator',
            magic: regtest.magic,
            shaping: { plan: () => ({ before: new Array<number>(this.#decoys).fill(0), after: [] }) },
          })
    RawPeer.#open.add(socket)
    socket.on('error', () => undefined)
    this.gone = new Promise((resolve) => {
      socket.once('close', () => {
        RawPeer.#open.delete(socket)
        this.#heard.end()
        resolve()
      })
    })
  }

  /** A connection on which nothing has been said; undefined where the node takes none. */
  static async open(options: RawPeerOptions): Promise<RawPeer | undefined> {
    const { port, from, protocol = 'v1' } = options
    const socket = connect({ port, host: '127.0.0.1', ...(from !== undefined && { localAddress: from }) })
    socket.setNoDelay(true)
    const peer = new RawPeer(socket, protocol)
    const isOpen = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      peer.gone.then(() => false),
    ])
    if (isOpen) tally.connections += 1
    return isOpen ? peer : undefined
  }

  /** A connection whose handshakes are done; undefined where the node ended it before. */
  static async join(options: RawPeerOptions): Promise<RawPeer | undefined> {
    const peer = await RawPeer.open(options)
    if (peer === undefined) return undefined
    const isReady = await peer.shakeHands(options)
    if (!isReady) peer.socket.destroy()
    return isReady ? peer : undefined
  }

  /**
   * A node that dialled us, in v1 (where it begins with v2 it is let down and comes back);
   * undefined where it did not get so far.
   */
  static async accept(socket: Socket): Promise<RawPeer | undefined> {
    const peer = new RawPeer(socket, 'v1')
    tally.connections += 1
    const isReady = await peer.shakeHands()
    if (!isReady) socket.destroy()
    return isReady ? peer : undefined
  }

  /** Ends the connections of all. */
  static dropAll(): void {
    for (const socket of RawPeer.#open) socket.destroy()
  }

  get open(): boolean {
    return !this.socket.destroyed && this.socket.writable
  }

  /** @returns whether the node said `verack`. */
  async shakeHands(options: Pick<RawPeerOptions, 'version' | 'between'> = {}): Promise<boolean> {
    const { version = versionPayload(), between = [message('wtxidrelay'), message('sendaddrv2')] } = options
    this.socket.on('data', this.#onData)
    const timer = setTimeout(() => this.socket.destroy(), HANDSHAKE_TIMEOUT)
    try {
      if (this.protocol === 'v2' && !(await this.#agree())) return false
      void this.write(this.frames([message('version', version), ...between, message('verack')]))
      for (;;) {
        const heard = await this.next()
        if (heard === undefined) return false
        if (heard.command === 'verack') return true
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * The bytes of messages on this connection. Those of v2 have to be sent in the
   * order in which they were made.
   */
  frames(messages: readonly HostileMessage[]): Uint8Array {
    if (this.protocol === 'v1') return Buffer.concat(messages.map(v1Frame))
    for (const { command, payload } of messages) this.#codec.frame({ command, payload })
    return Buffer.concat(this.#codec.outbox.take())
  }

  /** The bytes of empty decoys, and of one message after them (v2). */
  decoys(count: number, after: HostileMessage): Uint8Array {
    this.#decoys = count
    const bytes = this.frames([after])
    this.#decoys = 0
    return bytes
  }

  /** Resolves when the socket takes more. @returns false when the connection is gone. */
  async write(bytes: Uint8Array): Promise<boolean> {
    if (!this.open) return false
    tally.bytes += bytes.length
    if (!this.socket.write(bytes)) await Promise.race([this.gone, onceDrained(this.socket)])
    return this.open
  }

  send(...messages: readonly HostileMessage[]): Promise<boolean> {
    return this.write(this.frames(messages))
  }

  /** The next message from the node; undefined at the end of the connection. */
  next(): Promise<Contents | undefined> {
    return this.#heard.take(undefined)
  }

  /** Reads nothing more: what the node sends stays in the kernel, then in the node. */
  turnDeaf(): void {
    this.socket.pause()
  }

  /** Reads on, and looks at nothing. */
  stopListening(): void {
    this.#listening = false
    this.#heard.clear()
    this.socket.resume()
  }

  #onData = (chunk: Uint8Array): void => {
    if (!this.#listening) return
    const messages: Contents[] = []
    try {
      this.#codec.receive(chunk, messages)
    } catch {
      // A node that begins with v2 where v1 is spoken.
      this.socket.destroy()
    }
    for (const heard of messages) this.#heard.push(heard)
    this.#onProgress?.()
  }

  #onProgress: (() => void) | undefined

  async #agree(): Promise<boolean> {
    const session = this.#codec as V2Session
    session.start()
    const flush = (): void => {
      for (const part of session.outbox.take()) this.socket.write(part)
    }
    flush()
    const agreed = new Promise<boolean>((resolve) => {
      this.#onProgress = () => {
        flush()
        if (session.phase === 'application') resolve(true)
      }
    })
    const isAgreed = await Promise.race([agreed, this.gone.then(() => false)])
    this.#onProgress = undefined
    return isAgreed
  }
}

/** A message whose payload may be anything. */
export function message(command: string, payload: Uint8Array = EMPTY): HostileMessage {
  return { command, payload }
}

/** A message as an honest encoder makes it. */
export function honest(content: Message): HostileMessage {
  return encodePayload(content)
}

async function onceDrained(socket: Socket): Promise<void> {
  if (!socket.writableNeedDrain) return
  await once(socket, 'drain').catch(() => undefined)
}

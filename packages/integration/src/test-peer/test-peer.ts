import {
  concatBytes,
  encodePayload,
  type Message,
  type MessageOf,
  regtest,
  type VersionMessage,
} from '@sapwood/wire-codec'
import type { ByteStream } from '@sapwood/transport-v1v2'
import { type Clock, type Random, systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, type ScriptedV2, type SealOptions } from '@sapwood/transport-v1v2/testing'
import { dialTcp, type TestPeerAddress } from './dial-tcp.ts'
import type { FrameFaults } from './test-framing.ts'
import { PeerListener } from './peer-listener.ts'
import type {
  DialOptions,
  ExpectOptions,
  ListenOptions,
  TestPeerOptions,
  TransportHandshake,
  VersionHandshake,
} from './test-peer-options.ts'
import { ordinaryVersion, randomNonce } from './version-facts.ts'
import type { WireAssertionError } from './wire-assertion-error.ts'
import { BY_ITSELF, type ConnectionEnd, WireConnection } from './wire-connection.ts'
import type { WireEntry, WireLog } from './wire-log.ts'

/** Longest that anything that is waited for may take by default, in milliseconds. */
const DEFAULT_TIMEOUT = 10_000
/** Longest that the remote may take for its part of a handshake, in milliseconds: its start may be slow. */
const HANDSHAKE_TIMEOUT = 30_000
const NOTHING = new Uint8Array(0)

// A handler may be a block without a return, which is `void`.
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type
type Answer = Message | readonly Message[] | undefined | void

/** Answers a message: what it returns is sent, in order. */
export type MessageHandler<T extends Message['type']> = (
  message: MessageOf<T>,
  peer: TestPeer,
) => Answer | Promise<Answer>

type Predicate<T extends Message['type']> = (message: MessageOf<T>) => boolean

/**
 * A Bitcoin peer whose every byte the test chooses. It does nothing by itself but answer pings, it may do
 * what no peer may, and it keeps a log of the wire. What it expects and does not get is a {@link
 * WireAssertionError} with that log.
 */
export class TestPeer implements AsyncDisposable {
  readonly #wire: WireConnection
  readonly #options: TestPeerOptions
  readonly #random: Random
  readonly #clock: Clock
  readonly #taken = new Set<number>()
  /** By type: how many messages from the first on are taken, as far as that was looked at. */
  readonly #fresh = new Map<string, number>()
  /** Pings that were answered by itself: they may be expected, and no handler answers them again. */
  readonly #answered = new Set<number>()
  readonly #handlers = new Map<string, MessageHandler<Message['type']>>()
  #isClosed = false

  private constructor(stream: ByteStream, role: 'initiator' | 'responder', options: TestPeerOptions) {
    const seed = String(options.seed ?? new DataView(systemRandom.bytes(4).buffer).getUint32(0))
    this.#options = options
    this.#random = createSeededRandom(`test peer ${seed}`)
    this.#clock = options.clock ?? systemClock
    this.#wire = new WireConnection({
      stream,
      role,
      magic: (options.network ?? regtest).magic,
      clock: this.#clock,
      random: this.#random,
      seed,
      timeout: options.timeout ?? DEFAULT_TIMEOUT,
      onMessage: (entry) => this.#onMessage(entry),
    })
  }

  /**
   * Dials software that listens, and shakes hands with it.
   * @param address `host:port`, a port of 127.0.0.1, or an address as `bitcoind.p2pAddress` is one.
   * @throws WireAssertionError where nobody listens, or the handshake does not come about.
   */
  static async dial(address: TestPeerAddress, options: DialOptions = {}): Promise<TestPeer> {
    const stream = await dialTcp(address, options)
    return await TestPeer.over(stream, { role: 'initiator', ...options })
  }

  /**
   * Listens on 127.0.0.1 for software that dials; `next()` is its next connection.
   * @throws TransportError `dial-failed` where the port is taken.
   */
  static async listen(options: ListenOptions = {}): Promise<PeerListener<TestPeer>> {
    return await PeerListener.listen(options, (stream, how) => TestPeer.over(stream, how))
  }

  /**
   * Plays a peer on a stream that is there already: one in memory, or through a proxy.
   * @param options `role`: who opened it. As `responder` without a `transport` it speaks what the remote
   * begins with.
   */
  static async over(
    stream: ByteStream,
    options: DialOptions & { readonly role: 'initiator' | 'responder' },
  ): Promise<TestPeer> {
    const { role, handshake = 'whole', transport } = options
    const peer = new TestPeer(stream, role, options)
    try {
      if (role === 'initiator') peer.#wire.speak(transport ?? 'v2')
      else await peer.#answerAs(transport)
      if (handshake !== 'none') await peer.shakeTransport(options)
      if (handshake === 'whole') await peer.shakeHands(options)
      return peer
    } catch (error) {
      peer.#wire.drop()
      throw error
    }
  }

  /** What is spoken. */
  get transport(): 'v1' | 'v2' {
    return this.#wire.framing!.transport
  }

  /** Everything that has happened on the wire. */
  get log(): WireLog {
    return this.#wire.log
  }

  /** The v2 session, for packets of your own; `sendBytes` sends them. */
  get v2(): ScriptedV2 {
    return this.#wire.v2
  }

  /** The remote's `version`, once it has come. */
  get version(): VersionMessage | undefined {
    return this.last('version')
  }

  /** The clock that it runs on. */
  get clock(): Clock {
    return this.#clock
  }

  /** How the connection ended; undefined while it is open. */
  get closed(): ConnectionEnd | undefined {
    return this.#wire.end
  }

  /** Carries out the handshake of v2; with v1 there is nothing to be done. */
  async shakeTransport(options: TransportHandshake = this.#options): Promise<void> {
    if (this.transport === 'v1') return
    const { garbage = NOTHING, decoys = [], versionContents = NOTHING } = options
    await this.sendBytes(concatBytes(this.v2.key, garbage), 'key')
    await this.expectTransport('agreed')
    const aad = garbage.length === 0 ? {} : { aad: garbage }
    const packets = [
      ...decoys.map((size) => ({ contents: new Uint8Array(size), decoy: true })),
      { contents: versionContents, decoy: false },
    ].map(({ contents, decoy }, index) => this.v2.seal(contents, { decoy, ...(index === 0 && aad) }))
    await this.sendBytes(concatBytes(this.v2.terminator, ...packets), 'version packet')
    await this.expectTransport('encrypted')
  }

  /**
   * Waits for a step of the v2 handshake: `agreed` when the remote's key has come, `encrypted` when its
   * version packet has.
   * @throws WireAssertionError
   */
  async expectTransport(step: 'agreed' | 'encrypted'): Promise<void> {
    const isDone = (): boolean =>
      step === 'agreed' ? this.v2.agreed : this.log.entries.some(({ type }) => type === 'encrypted')
    const words = step === 'agreed' ? "the remote's key" : "the remote's version packet"
    await this.#wire.wait(() => isDone() || undefined, words, { timeout: HANDSHAKE_TIMEOUT })
  }

  /**
   * Carries out the `version` handshake: ours at once, what goes between when theirs is there, and both
   * `verack`.
   */
  async shakeHands(options: VersionHandshake = this.#options): Promise<VersionMessage> {
    await this.sendVersion(options.version)
    const version = await this.expect('version', undefined, { timeout: HANDSHAKE_TIMEOUT })
    for (const message of options.between ?? [{ type: 'wtxidrelay' }, { type: 'sendaddrv2' }]) {
      await this.send(message)
    }
    await this.send({ type: 'verack' })
    await this.expect('verack', undefined, { timeout: HANDSHAKE_TIMEOUT })
    return version
  }

  /** Sends a `version`: an ordinary full node's, but for the fields given. @returns what was sent. */
  async sendVersion(facts: Partial<VersionMessage> = {}): Promise<VersionMessage> {
    const version = ordinaryVersion(this.#random, this.#clock.wallTime(), facts)
    await this.send(version)
    return version
  }

  /**
   * Sends messages, as an honest encoder makes them. @throws RangeError for what it cannot encode: see
   * `sendRaw`.
   */
  async send(...messages: readonly Message[]): Promise<void> {
    for (const message of messages) await this.#send(message)
  }

  /** Sends any payload under any command; its frame can be spoilt too. */
  async sendRaw(command: string, payload: Uint8Array = NOTHING, faults: FrameFaults = {}): Promise<void> {
    const spoilt = Object.keys(faults).join(', ')
    this.#wire.note('sent', command, { payload, ...(spoilt !== '' && { note: `wrong: ${spoilt}` }) })
    await this.#wire.write(this.#framing().frame(command, payload, faults))
  }

  /** Writes bytes as they are. @param as what they are, for the log. */
  async sendBytes(bytes: Uint8Array, as = 'bytes'): Promise<void> {
    this.#wire.note('sent', as, { payload: bytes })
    await this.#wire.write(bytes)
  }

  /** Sends a decoy (v2). @param size of its contents, in bytes. */
  async sendDecoy(size = 0): Promise<void> {
    await this.sendPacket(new Uint8Array(size), { decoy: true })
  }

  /** Sends a packet of any contents (v2). */
  async sendPacket(contents: Uint8Array, options: SealOptions = {}): Promise<void> {
    await this.sendBytes(this.v2.seal(contents, options), options.decoy === true ? 'decoy' : 'packet')
  }

  /**
   * Waits for a message, one that came before and was expected by nobody included: each is given out once, in
   * order.
   * @param predicate which one. It is asked once for each message.
   * @throws WireAssertionError
   */
  async expect<T extends Message['type']>(
    type: T,
    predicate?: Predicate<T>,
    options: ExpectOptions = {},
  ): Promise<MessageOf<T>> {
    const expected = predicate === undefined ? `'${type}'` : `'${type}' with ${String(predicate)}`
    const entry = await this.#wire.wait(this.#finder(type, predicate), expected, options)
    this.#taken.add(entry.index)
    return entry.message as MessageOf<T>
  }

  /**
   * Makes sure that no message of this type came that nobody has expected, up to the answer to a ping that is
   * sent now: whatever the remote had to say to what it got before is said by then.
   * @throws WireAssertionError
   */
  async expectNothing<T extends Message['type']>(type: T, predicate?: Predicate<T>): Promise<void> {
    await this.sync()
    const entry = this.#finder(type, predicate)()
    if (entry === undefined) return
    throw this.#wire.failure(`no '${type}'`, `'${type}', entry ${entry.index} of the log`)
  }

  /** Makes sure that the connection lives and the remote answers. @throws WireAssertionError */
  async expectAlive(): Promise<void> {
    await this.#fence('the connection to live')
  }

  /**
   * Waits for the end of the connection.
   * @param options `by`: who is to have ended it; the remote by default. `how`: as an end or a reset; either
   * by default.
   * @throws WireAssertionError
   */
  async expectClosed(
    options: ExpectOptions & Partial<Pick<ConnectionEnd, 'by' | 'how'>> = {},
  ): Promise<ConnectionEnd> {
    const { by = 'remote', how, ...rest } = options
    const who = by === 'us' ? 'us' : 'the remote'
    const expected = `the connection to be ended by ${who}${how === undefined ? '' : ` (${how})`}`
    const end = await this.#wire.wait(() => this.#wire.end, expected, rest)
    if (end.by === by && (how === undefined || end.how === how)) return end
    throw this.#wire.failure(expected, `an end by ${end.by === 'us' ? 'us' : 'the remote'} (${end.how})`)
  }

  /**
   * Waits until the remote has ended the connection or has answered a ping that is sent now.
   * @returns which of them.
   * @throws WireAssertionError where it does neither.
   */
  async fate(options: ExpectOptions = {}): Promise<'closed' | 'alive'> {
    return await this.#fence<'closed' | 'alive'>('an answer or an end', 'closed', options)
  }

  /** Waits until the remote has read all that was sent, by a ping. @throws WireAssertionError */
  async sync(): Promise<void> {
    await this.#fence('the answer to a ping, behind the answers to what was sent before it')
  }

  /** How many messages of a type have come. */
  count(type: Message['type']): number {
    return this.log.received(type).length
  }

  /** The latest message of a type. */
  last<T extends Message['type']>(type: T): MessageOf<T> | undefined {
    return this.log.received(type).at(-1)?.message as MessageOf<T> | undefined
  }

  /** All messages of a type, expected or not. */
  all<T extends Message['type']>(type: T): readonly MessageOf<T>[] {
    return this.log.received(type).map(({ message }) => message as MessageOf<T>)
  }

  /** Answers each message of a type from now on, and those that have come and were not expected. */
  on<T extends Message['type']>(type: T, handler: MessageHandler<T>): this {
    this.#handlers.set(type, handler as unknown as MessageHandler<Message['type']>)
    for (const entry of [...this.log.received(type)]) {
      if (!this.#isDealtWith(entry.index)) void this.#handle(entry)
    }
    return this
  }

  /** Reads nothing more: what the remote sends stays with it. */
  pauseReading(): void {
    this.#wire.paused = true
  }

  resumeReading(): void {
    this.#wire.paused = false
  }

  /** Ends our side of the stream (FIN), and goes on reading. */
  async end(): Promise<void> {
    this.#wire.note('event', 'end', { note: 'we end our side' })
    await this.#wire.finish('end')
  }

  /** Resets the connection (RST). */
  async reset(): Promise<void> {
    await this.#wire.finish('reset')
  }

  /**
   * Ends the connection, whatever its state. What was left unhandled is told of once, by the first call.
   * @throws WireAssertionError where `unhandled` is `error` and a message was neither expected nor handled.
   */
  close(): Promise<void> {
    this.#wire.drop()
    const unhandled = this.#isClosed ? 'ignore' : (this.#options.unhandled ?? 'ignore')
    this.#isClosed = true
    const left = this.log.entries.filter(
      ({ direction, type, index }) =>
        direction === 'received' &&
        type !== 'decoy' &&
        !this.#isDealtWith(index) &&
        !this.#handlers.has(type),
    )
    if (unhandled === 'ignore' || left.length === 0) return Promise.resolve()
    const what = `unhandled: ${left.map(({ type }) => type).join(', ')}`
    if (unhandled === 'error') return Promise.reject(this.#wire.failure('every message to be handled', what))
    console.warn(`test peer: ${what}`)
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A failure of a check of your own, with the log of the wire. */
  failure(expected: string, received: string): WireAssertionError {
    return this.#wire.failure(expected, received)
  }

  async #answerAs(transport: 'v1' | 'v2' | undefined): Promise<void> {
    const begun = await this.#wire.wait(() => this.#wire.begun, 'the first bytes of v1 or v2')
    if (transport !== undefined && transport !== begun) {
      throw this.#wire.failure(`a connection in ${transport}`, `one in ${begun}`)
    }
    this.#wire.speak(begun)
  }

  async #send(message: Message, note?: string): Promise<void> {
    const { command, payload } = encodePayload(message)
    this.#wire.note('sent', command, { payload, message, ...(note !== undefined && { note }) })
    await this.#wire.write(this.#framing().frame(command, payload))
  }

  #framing(): NonNullable<WireConnection['framing']> {
    return this.#wire.framing!
  }

  async #fence<T = 'alive'>(expected: string, onEnd?: T, options: ExpectOptions = {}): Promise<T | 'alive'> {
    const nonce = randomNonce(this.#random)
    await this.#send({ type: 'ping', nonce }, BY_ITSELF)
    const find = this.#finder('pong', (message) => message.nonce === nonce)
    const answer = (): T | 'alive' | undefined => {
      const pong = find()
      if (pong === undefined) return undefined
      this.#taken.add(pong.index)
      return 'alive'
    }
    return await this.#wire.wait(answer, expected, {
      ...options,
      ...(onEnd !== undefined && { onEnd: () => onEnd }),
    })
  }

  /**
   * Looks for a message that nobody has expected yet. It goes on where it stopped: a remote that sends and
   * sends is not read from the beginning with each of its messages.
   */
  #finder<T extends Message['type']>(type: T, predicate?: Predicate<T>): () => WireEntry | undefined {
    let next = this.#firstFresh(type)
    return () => {
      const entries = this.log.received(type)
      for (; next < entries.length; next++) {
        const entry = entries[next]!
        if (this.#taken.has(entry.index)) continue
        if (predicate === undefined || predicate(entry.message as MessageOf<T>)) return entry
      }
      return undefined
    }
  }

  /** Where the first message of a type stands that was not taken, among those of its type. */
  #firstFresh(type: Message['type']): number {
    const entries = this.log.received(type)
    let first = this.#fresh.get(type) ?? 0
    while (first < entries.length && this.#taken.has(entries[first]!.index)) first++
    this.#fresh.set(type, first)
    return first
  }

  /** Whether it was expected, or answered by itself. */
  #isDealtWith(index: number): boolean {
    return this.#taken.has(index) || this.#answered.has(index)
  }

  async #onMessage(entry: WireEntry): Promise<void> {
    const { message } = entry
    if (message === undefined) return
    if (this.#handlers.has(message.type)) await this.#handle(entry)
    else if (message.type === 'ping' && this.#options.answerPings !== false && message.nonce !== undefined) {
      this.#answered.add(entry.index)
      await this.#send({ type: 'pong', nonce: message.nonce }, BY_ITSELF)
    }
  }

  async #handle({ message }: WireEntry): Promise<void> {
    const answer = await this.#handlers.get(message!.type)!(message!, this)
    if (answer === undefined) return
    const list: readonly Message[] = Array.isArray(answer) ? answer : [answer as Message]
    await this.send(...list)
  }
}

import {
  concatBytes,
  decodePayload,
  encodePayload,
  type Message,
  type MessageOf,
  regtest,
  type Contents,
} from '@sapwood/wire-codec'
import {
  accept,
  type ByteStream,
  connect,
  createV1Codec,
  neverFallback,
  type Transport,
} from '@sapwood/transport-v1v2'
import type { Clock, Random } from '@sapwood/transport-v1v2/environment'

/**
 * Bytes that a stranger leaves unread by the node before it sends no more: its own side of the back-pressure.
 */
const MAX_UNREAD = 1_000_000
/** Messages of the node that it remembers, to answer them. */
const MAX_ASKED = 32

/** What a stranger does by itself. */
export interface Manners {
  /** Sends `version`, and `verack` for the node's. */
  readonly shakesHands: boolean
  readonly version: MessageOf<'version'>
  /** Asks for what is settled before `verack` (BIP155, BIP339). */
  readonly negotiates: boolean
  readonly answersPings: boolean
}

export interface StrangerInit {
  readonly stream: ByteStream
  /** Whether it dialled the node. */
  readonly dialled: boolean
  readonly protocol: 'v1' | 'v2'
  readonly manners: Manners
  readonly clock: Clock
  readonly random: Random
}

/** A remote that says what the input says, in frames of its own or in none. */
export class Stranger {
  /** What the node asked it for and was not answered, oldest first. */
  readonly asked: Message[] = []
  /** What it sent last, for saying it again. */
  last: Uint8Array = new Uint8Array(0)
  gone = false
  readonly #init: StrangerInit
  readonly #codec = createV1Codec(regtest.magic)
  readonly #waiting: (() => void)[] = []
  #transport: Transport | undefined
  #unread = 0
  #reads = true
  #greeted = false

  constructor(init: StrangerInit) {
    this.#init = init
    void (init.protocol === 'v1' ? this.#readV1() : this.#readV2()).catch(() => {
      this.gone = true
    })
    if (init.protocol === 'v1' && init.manners.shakesHands && init.dialled) this.#greet()
  }

  /** Sends a message in its frame. */
  send(command: string, payload: Uint8Array): void {
    if (this.#init.protocol === 'v2') {
      try {
        this.#transport?.writer.send({ command, payload })
      } catch {
        this.gone = true
      }
      return
    }
    this.raw(frame({ command, payload }))
  }

  say(message: Message): void {
    const { command, payload } = encodePayload(message)
    this.send(command, payload)
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.last = bytes
    if (this.gone || this.#unread > MAX_UNREAD) return
    this.#unread += bytes.length
    this.#init.stream.write(bytes).then(
      () => {
        this.#unread -= bytes.length
      },
      () => {
        this.gone = true
      },
    )
  }

  /** Whether it takes what the node sends. */
  setReading(reads: boolean): void {
    this.#reads = reads
    if (reads) for (const resume of this.#waiting.splice(0)) resume()
  }

  /** Ends its own side, and goes on reading. */
  close(): void {
    this.#init.stream.close().catch(() => undefined)
  }

  reset(): void {
    this.gone = true
    this.setReading(true)
    this.#transport?.abort(new Error('reset'))
    this.#init.stream.abort(new Error('reset'))
  }

  async #readV1(): Promise<void> {
    for (;;) {
      await this.#mayRead()
      const chunk = await this.#init.stream.read()
      if (chunk === null) return
      const messages: Contents[] = []
      this.#codec.receive(chunk, messages)
      this.#hear(messages)
    }
  }

  async #readV2(): Promise<void> {
    const { stream, dialled, clock, random } = this.#init
    this.#transport = dialled
      ? await connect(
          { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18444 },
          { network: regtest, dialer: { dial: () => Promise.resolve(stream) }, fallback: neverFallback },
          { clock, random },
        )
      : await accept(stream, { network: regtest }, { clock, random })
    if (this.#init.manners.shakesHands && dialled) this.#greet()
    for (;;) {
      await this.#mayRead()
      const messages = await this.#transport.reader.read()
      if (messages === null) return
      this.#hear(messages)
    }
  }

  #mayRead(): Promise<void> | undefined {
    if (this.#reads) return undefined
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #greet(): void {
    if (this.#greeted) return
    this.#greeted = true
    this.say(this.#init.manners.version)
  }

  #hear(messages: readonly Contents[]): void {
    for (const { command, payload } of messages) {
      const message = decodePayload(command, payload)
      const { shakesHands, negotiates, answersPings } = this.#init.manners
      if (message.type === 'version' && shakesHands) {
        this.#greet()
        if (negotiates) for (const type of ['wtxidrelay', 'sendaddrv2'] as const) this.say({ type })
        this.say({ type: 'verack' })
      } else if (message.type === 'ping' && answersPings) {
        this.say({ ...message, type: 'pong' })
      } else if (ASKS.has(message.type) && this.asked.length < MAX_ASKED) {
        this.asked.push(message)
      }
    }
  }
}

const ASKS: ReadonlySet<string> = new Set([
  'ping',
  'getheaders',
  'getdata',
  'getblocktxn',
  'getcfilters',
  'getcfheaders',
  'getcfcheckpt',
  'getaddr',
])

/** A message as v1 frames it. */
export function frame(message: Contents): Uint8Array {
  const codec = createV1Codec(regtest.magic)
  codec.frame(message)
  return concatBytes(...codec.outbox.take())
}

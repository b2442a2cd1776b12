import {
  baseRegistry,
  concatBytes,
  decodePayloadWithTrailing,
  type Message,
  writeCommand,
} from '@sapwood/wire-codec'
import type { ByteStream } from '@sapwood/transport-v1v2'
import type { Clock, Instant, Random } from '@sapwood/transport-v1v2/environment'
import { createScriptedV2, type ScriptedV2 } from '@sapwood/transport-v1v2/testing'
import type { FramedEvent, TestFraming } from './test-framing.ts'
import { V1Framing } from './v1-framing.ts'
import { V2Framing } from './v2-framing.ts'
import { WireAssertionError } from './wire-assertion-error.ts'
import { type WireEntry, WireLog } from './wire-log.ts'

/** magic ‖ "version" ‖ five zeros: what a v1 connection begins with (BIP324, V1_PREFIX_LEN). */
const V1_PREFIX_LENGTH = 16
const MAGIC_LENGTH = 4
/** Bytes of payloads that a log may hold; the connection of one that sends more is ended. */
const MAX_LOG_BYTES = 268_435_456
/** Entries that it may hold: of small messages each takes more than its payload. */
const MAX_LOG_ENTRIES = 200_000

/** Notes in the log what a test peer sends without being told to: answers to pings, and its fences. */
export const BY_ITSELF = 'by itself'

/** How a connection ended, as far as the wire shows it. */
export interface ConnectionEnd {
  /** `us`: the test peer itself ended it. */
  readonly by: 'remote' | 'us'
  /** `end` of the stream (FIN), or a `reset`. */
  readonly how: 'end' | 'reset'
  /** The last that the test had sent by then, as it stands in the log. */
  readonly after: WireEntry | undefined
}

/** What a connection of a test peer is made of. */
export interface WireConnectionInit {
  readonly stream: ByteStream
  readonly role: 'initiator' | 'responder'
  /** The network's, 4 bytes. */
  readonly magic: Uint8Array
  readonly clock: Clock
  readonly random: Random
  readonly seed: string
  /** Milliseconds that anything that is waited for may take. */
  readonly timeout: number
  /** Told of each message as it comes. What it throws fails whatever is expected next. */
  readonly onMessage: (entry: WireEntry) => void | Promise<void>
}

/** A stream, what has been seen of it, and who waits for what of it. */
export class WireConnection {
  readonly log: WireLog = new WireLog()
  readonly v2: ScriptedV2
  /** Undefined until it is settled which of them is spoken. */
  framing: TestFraming | undefined
  end: ConnectionEnd | undefined
  readonly #init: WireConnectionInit
  readonly #begun: Instant
  readonly #looks = new Set<() => void>()
  #undecided: Uint8Array = new Uint8Array(0)
  #fault: string | undefined
  #paused = false
  #onResume: (() => void) | undefined

  constructor(init: WireConnectionInit) {
    this.#init = init
    this.#begun = init.clock.now()
    this.v2 = createScriptedV2({ role: init.role, magic: init.magic, random: init.random })
    void this.#read()
  }

  /** Settles what is spoken. */
  speak(transport: 'v1' | 'v2'): void {
    this.framing = transport === 'v1' ? new V1Framing(this.#init.magic) : new V2Framing(this.v2)
    const head = this.#undecided
    this.#undecided = new Uint8Array(0)
    if (head.length > 0) this.#take(head)
  }

  /** Stops reading, so that what the remote sends stays with it, or goes on. */
  set paused(paused: boolean) {
    this.#paused = paused
    if (!paused) this.#onResume?.()
  }

  note(
    direction: WireEntry['direction'],
    type: string,
    facts: Partial<Pick<WireEntry, 'message' | 'payload' | 'note'>> = {},
  ): WireEntry {
    const at = this.#init.clock.now() - this.#begun
    const entry = this.log.append({ at, direction, type, ...facts })
    this.#look()
    return entry
  }

  #look(): void {
    for (const look of [...this.#looks]) look()
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.end !== undefined) return
    // What cannot be written shows as the end of the connection, which is what is looked at.
    await this.#init.stream.write(bytes).catch(() => undefined)
  }

  /** Ends our side: as a stream that is over, or by a reset. */
  async finish(how: 'end' | 'reset'): Promise<void> {
    if (this.end !== undefined) return
    if (how === 'reset') this.#ended('us', 'reset')
    if (how === 'end') await this.#init.stream.close().catch(() => undefined)
    else this.#init.stream.abort(new Error('The test peer resets the connection'))
  }

  /** Ends both sides, and waits for nothing. Not behind an end: Node.js then never lets go of the socket. */
  drop(): void {
    this.#ended('us', 'reset')
    this.#init.stream.abort(new Error('The test peer is done'))
  }

  /**
   * Waits until `look` finds something.
   * @param expected what, in words. @param onEnd what the end of the connection means: a failure by default.
   */
  async wait<T>(
    look: () => T | undefined,
    expected: string,
    { timeout = this.#init.timeout, onEnd }: { timeout?: number; onEnd?: () => T } = {},
  ): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const settle = (then: () => void): void => {
        this.#looks.delete(check)
        cancel()
        then()
      }
      const check = (): void => {
        const found = look()
        if (found !== undefined) settle(() => resolve(found))
        else if (this.#fault !== undefined) {
          const fault = this.#fault
          settle(() => reject(this.failure(expected, fault)))
        } else if (this.end !== undefined) {
          const { by, how } = this.end
          const said = `nothing of it before the connection was ended by ${by === 'us' ? 'us' : 'the remote'} (${how})`
          settle(() => (onEnd === undefined ? reject(this.failure(expected, said)) : resolve(onEnd())))
        }
      }
      const cancel = this.#init.clock.setTimer(timeout, () => {
        settle(() => reject(this.failure(expected, `nothing of it within ${timeout} ms`)))
      })
      this.#looks.add(check)
      check()
    })
  }

  failure(expected: string, received: string): WireAssertionError {
    return new WireAssertionError({ expected, received, wireLog: this.log.tail(), seed: this.#init.seed })
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        if (this.#paused) await new Promise<void>((resolve) => (this.#onResume = resolve))
        const chunk = await this.#init.stream.read()
        if (chunk === null) break
        this.#take(chunk)
        if (this.log.bytes > MAX_LOG_BYTES || this.log.entries.length > MAX_LOG_ENTRIES) {
          this.#fail('more came than the log of a connection can hold')
          this.drop()
          return
        }
      }
      this.#ended('remote', 'end')
      await this.#init.stream.close()
    } catch {
      // A fault of ours has been noted by then, and `end` is settled.
      this.#ended('remote', 'reset')
    }
  }

  #take(chunk: Uint8Array): void {
    const framing = this.framing
    if (framing === undefined) {
      this.#undecided = concatBytes(this.#undecided, chunk)
      const protocol = protocolOf(this.#undecided, this.#init.magic)
      if (protocol !== undefined) this.note('event', protocol, { note: 'is what the remote begins with' })
      return
    }
    let events: readonly FramedEvent[]
    try {
      events = framing.receive(chunk)
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      this.#fail(`bytes that cannot be read: ${said}`)
      this.drop()
      return
    }
    for (const event of events) this.#onEvent(event)
    this.#look()
  }

  /** What the remote speaks by its first bytes; undefined until that is sure. */
  get begun(): 'v1' | 'v2' | undefined {
    return this.framing?.transport ?? protocolOf(this.#undecided, this.#init.magic)
  }

  #onEvent(event: FramedEvent): void {
    switch (event.kind) {
      case 'decoy':
        this.note('received', 'decoy', { payload: event.contents })
        return
      case 'garbage':
        this.note('event', 'garbage', { note: `${event.garbage.length} bytes of the remote` })
        return
      case 'version-packet':
        this.note('event', 'encrypted', { note: 'the version packet of the remote has come' })
        return
      case 'message': {
        const entry = this.note('received', event.command, { payload: event.payload, ...decoded(event) })
        void this.#handOn(entry)
      }
    }
  }

  async #handOn(entry: WireEntry): Promise<void> {
    try {
      await this.#init.onMessage(entry)
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      this.#fail(`a handler of '${entry.type}' failed: ${said}`)
    }
  }

  #fail(fault: string): void {
    this.#fault ??= fault
    this.note('event', 'fault', { note: fault })
  }

  #ended(by: ConnectionEnd['by'], how: ConnectionEnd['how']): void {
    if (this.end !== undefined) return
    const after = this.log.entries
      .filter(({ direction, note }) => direction === 'sent' && note !== BY_ITSELF)
      .at(-1)
    this.end = { by, how, after }
    this.note('event', 'closed', { note: `by ${by === 'us' ? 'us' : 'the remote'}, ${how}` })
  }
}

function decoded(
  event: Extract<FramedEvent, { kind: 'message' }>,
): Pick<WireEntry, never> & { message?: Message; note?: string } {
  if (event.note !== undefined) return { note: event.note }
  try {
    const { message, trailingBytes } = decodePayloadWithTrailing(event.command, event.payload, baseRegistry)
    return trailingBytes === 0 ? { message } : { message, note: `${trailingBytes} bytes after its end` }
  } catch (error) {
    return { note: error instanceof Error ? error.message : String(error) }
  }
}

function protocolOf(bytes: Uint8Array, magic: Uint8Array): 'v1' | 'v2' | undefined {
  const prefix = new Uint8Array(V1_PREFIX_LENGTH)
  prefix.set(magic)
  writeCommand('version', prefix, MAGIC_LENGTH)
  const length = Math.min(bytes.length, V1_PREFIX_LENGTH)
  for (let index = 0; index < length; index++) if (bytes[index] !== prefix[index]) return 'v2'
  return length === V1_PREFIX_LENGTH ? 'v1' : undefined
}

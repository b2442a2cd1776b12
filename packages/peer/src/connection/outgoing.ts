import { type AnyMessage, encodePayload, type Message, type Registry } from '@sapwood/wire-codec'
import { isTransportError, type Transport } from '@sapwood/transport-v1v2'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import { PeerError } from '../contract/peer-error.ts'
import type { EventEmitter } from './event-emitter.ts'
import type { PeerRecord } from '../protocol/peer-record.ts'
import { isProtocolMessage } from '../protocol/message-types.ts'
import { wireSize } from './wire-size.ts'

/**
 * Queued bytes at which a connection ends: a remote that does not read is not worth more memory. Its messages
 * are not read from 1 MB on: what comes on top is one answer of at most 4 MB, and what the owner sends of its
 * own accord.
 */
export const MAX_QUEUED_BYTES = 8_000_000

/** Transport failures that are the message's, not the connection's. */
const unsendable: ReadonlySet<string> = new Set(['message-too-large', 'invalid-command'])

/** The way out: encodes, counts, shows to listeners, and keeps an eye on how much waits. */
export class Outgoing {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #events: EventEmitter
  readonly #registry: Registry<AnyMessage>
  readonly #record: PeerRecord
  #full = false
  #closed = false

  constructor(
    transport: Transport,
    clock: Clock,
    events: EventEmitter,
    registry: Registry<AnyMessage>,
    record: PeerRecord,
  ) {
    this.#record = record
    this.#registry = registry
    this.#transport = transport
    this.#clock = clock
    this.#events = events
  }

  /** Whether more is queued than the remote has taken. */
  get full(): boolean {
    return this.#full
  }

  get queuedBytes(): number {
    return this.#transport.writer.queuedBytes
  }

  /** @throws RangeError when the message does not fit the wire. */
  send(message: Message | AnyMessage): boolean {
    const { command, payload } = isProtocolMessage(message)
      ? encodePayload(message)
      : encodePayload(message, this.#registry)
    return this.sendPayload(command, payload)
  }

  sendPayload(command: string, payload: Uint8Array): boolean {
    if (this.#closed) return false
    try {
      this.#full = !this.#transport.writer.send({ command, payload })
    } catch (cause) {
      if (isTransportError(cause) && unsendable.has(cause.code)) {
        throw new PeerError('invalid-argument', `no frame can carry this ${command}`, { cause })
      }
      // The connection is gone; whoever reads it will learn why.
      this.#closed = true
      return false
    }
    this.#record.lastSend = this.#clock.now()
    if (this.#events.has('trace')) {
      const bytes = this.wireSize(command, payload.length)
      this.#events.emit('trace', { direction: 'sent', command, payload, bytes, at: this.#clock.wallTime() })
    }
    return !this.#full
  }

  /** Resolves when there is room again; at once when there is, or when the connection is gone. */
  async ready(): Promise<void> {
    if (!this.#full || this.#closed) return
    try {
      await this.#transport.writer.ready()
    } catch {
      this.#closed = true
    }
    this.#full = false
  }

  /** Bytes that a message takes on the wire, framing included. */
  wireSize(command: string, payloadBytes: number): number {
    return wireSize(this.#transport.protocol, command, payloadBytes, this.#registry.shortIds)
  }

  close(): void {
    this.#closed = true
  }
}

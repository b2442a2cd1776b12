import { type AnyMessage, baseRegistry, decodePayload, type Registry } from '@sapwood/wire-codec'
import type { OwnMessageEvents } from '../connections/own-message-events.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'
import type { EventSink } from '../events/event-source.ts'
import type { NodePart, ReceivedMessage } from './node-part.ts'

/** Hands messages of the program's own on to it; the node itself knows nothing of them. */
export class OwnMessages implements NodePart {
  readonly #registry: Registry<AnyMessage>
  readonly #commands: ReadonlySet<string>
  readonly #events: EventSink<OwnMessageEvents>

  constructor(registry: Registry<AnyMessage>, events: EventSink<OwnMessageEvents>) {
    this.#registry = registry
    const own = registry.codecs().filter(({ command }) => baseRegistry.codecOf(command) === undefined)
    this.#commands = new Set(own.map(({ command }) => command))
    this.#events = events
  }

  message({ id }: ReadyConnection, { message, payload }: ReceivedMessage): void {
    if (!this.#commands.has(message.type)) return
    // A small message would otherwise hold the whole chunk of the connection that it came in.
    const isSmallPart = payload.length < payload.buffer.byteLength / 2
    const kept = isSmallPart ? decodePayload(message.type, payload.slice(), this.#registry) : message
    this.#events.emit('own-message', { peer: id, message: kept }, payload.length)
  }
}

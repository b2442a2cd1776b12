import type { Message } from '@sapwood/wire-codec'
import { summaryOf } from './summary.ts'

/** One thing that happened on a connection, in the order in which we saw it. */
export interface WireEntry {
  /** Place in the log, from 0. */
  readonly index: number
  /** Milliseconds since the connection began, by the peer's clock. */
  readonly at: number
  /**
   * `event` for what is no message: the connection's beginning and end, steps of the v2 handshake, faults.
   */
  readonly direction: 'received' | 'sent' | 'event'
  /** The command of a message; `decoy`, `bytes` and the like for what is none. */
  readonly type: string
  /** Undefined for what could not be decoded, and for what is no message. */
  readonly message?: Message
  /** Without framing. Undefined for events. */
  readonly payload?: Uint8Array
  /** What is wrong with it, or what happened. */
  readonly note?: string
}

/** Lines of a log in the text of a failure; those before them are counted. */
const LINES_SHOWN = 40

const ARROWS = { received: '<-', sent: '->', event: '--' } as const

/** What happened on one connection, in full. */
export class WireLog {
  readonly #entries: WireEntry[] = []
  readonly #received = new Map<string, WireEntry[]>()
  #bytes = 0

  get entries(): readonly WireEntry[] {
    return this.#entries
  }

  /** Bytes of payloads that it holds. */
  get bytes(): number {
    return this.#bytes
  }

  /** Messages of a type that have come and could be decoded, in order. */
  received(type: Message['type']): readonly WireEntry[] {
    return this.#received.get(type) ?? []
  }

  append(entry: Omit<WireEntry, 'index'>): WireEntry {
    const whole = { ...entry, index: this.#entries.length }
    this.#entries.push(whole)
    if (entry.direction === 'received' && entry.message !== undefined) {
      const { type } = entry.message
      const alike = this.#received.get(type)
      if (alike === undefined) this.#received.set(type, [whole])
      else alike.push(whole)
    }
    this.#bytes += entry.payload?.length ?? 0
    return whole
  }

  /** The log as text, a line for each entry. @param last so many lines at the most. */
  toString(last: number = Number.POSITIVE_INFINITY): string {
    const shown = this.#entries.slice(-Math.min(last, this.#entries.length))
    const before = this.#entries.length - shown.length
    return [...(before > 0 ? [`  (${before} before)`] : []), ...shown.map(lineOf)].join('\n')
  }

  /** The end of the log, as it stands in a failure. */
  tail(): string {
    return this.#entries.length === 0 ? '  (nothing)' : this.toString(LINES_SHOWN)
  }
}

function lineOf({ at, direction, type, message, payload, note }: WireEntry): string {
  const facts = [
    payload === undefined ? '' : `${payload.length} bytes`,
    message === undefined ? '' : summaryOf(message),
    note === undefined ? '' : `(${note})`,
  ].filter((fact) => fact !== '')
  return `  ${(at / 1_000).toFixed(3)} s ${ARROWS[direction]} ${type.padEnd(12)} ${facts.join(' ')}`.trimEnd()
}

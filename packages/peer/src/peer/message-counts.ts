import { defaultShortIds } from '@sapwood/wire-codec'
import type { MessageCount } from './peer-info.ts'

/** magic, command, length, checksum. */
const V1_HEADER = 24
/** BIP324: 3 bytes of length, 1 of header, 16 of tag. */
const V2_OVERHEAD = 20
/** BIP324: a zero and a command of 12 bytes, for a message without a one-byte id. */
const V2_LONG_COMMAND = 13
/** Types counted by name, at most; the rest count together, as in Core (`NET_MESSAGE_TYPE_OTHER`). */
const MAX_TYPES = 64
const OTHER = '*other*'

/** Messages and bytes of one direction by type. */
export class MessageCounts {
  readonly #counts = new Map<string, { messages: number; bytes: number }>()
  readonly #v2: boolean

  constructor(protocol: 'v1' | 'v2') {
    this.#v2 = protocol === 'v2'
  }

  /** Counts a message. @returns its bytes on the wire. */
  add(command: string, payloadBytes: number): number {
    const bytes = payloadBytes + (this.#v2 ? V2_OVERHEAD + commandBytes(command) : V1_HEADER)
    let count = this.#counts.get(command)
    if (count === undefined) {
      const name = this.#counts.size < MAX_TYPES ? command : OTHER
      count = this.#counts.get(name) ?? { messages: 0, bytes: 0 }
      this.#counts.set(name, count)
    }
    count.messages += 1
    count.bytes += bytes
    return bytes
  }

  snapshot(): Readonly<Record<string, MessageCount>> {
    return Object.fromEntries([...this.#counts].map(([command, count]) => [command, { ...count }]))
  }
}

function commandBytes(command: string): number {
  return defaultShortIds.idOf(command) === undefined ? V2_LONG_COMMAND : 1
}

import { bytesToHex, type Message } from '@sapwood/wire-codec'

/** Bytes of a field that are shown. */
const BYTES_SHOWN = 8
/** Characters of a text field that are shown. */
const CHARACTERS_SHOWN = 60

/**
 * A message's fields in a few words: numbers and texts as they are, lists by their length, bytes by their
 * first.
 */
export function summaryOf(message: Message): string {
  return Object.entries(message)
    .filter(([name]) => name !== 'type' && name !== 'payload')
    .map(([name, value]) => `${name}=${shown(value)}`)
    .join(' ')
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      // JSON leaves nothing of what a terminator or a log could take for its own.
      return JSON.stringify(value.slice(0, CHARACTERS_SHOWN)).replace(/[\u007f-\u009f]/g, '?')
    case 'bigint':
    case 'number':
    case 'boolean':
      return String(value)
    default:
      if (value instanceof Uint8Array) return shownBytes(value)
      if (Array.isArray(value) || ArrayBuffer.isView(value))
        return `[${(value as readonly unknown[]).length}]`
      return '{…}'
  }
}

function shownBytes(bytes: Uint8Array): string {
  const more = bytes.length > BYTES_SHOWN ? `…${bytes.length}` : ''
  return `${bytesToHex(bytes.subarray(0, BYTES_SHOWN))}${more}`
}

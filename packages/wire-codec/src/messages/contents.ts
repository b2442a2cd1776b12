import { DecodeError } from '../errors/decode-error.ts'
import { COMMAND_SIZE, readCommand, writeCommand } from './command.ts'
import { defaultShortIds, type ShortIds } from './short-ids.ts'

/** A message by its command, its payload not looked at. */
export interface Contents {
  /** 1 to 12 printable ASCII characters. */
  readonly command: string
  readonly payload: Uint8Array
}

/** BIP324: printable characters of a command go up to 0x7f. */
const LAST_PRINTABLE_V2 = 0x7f

/**
 * Splits the contents of a BIP324 packet, in either form: an id and the payload, or a zero, 12 bytes of command and the payload.
 * `payload` is a view. Bad contents are dropped by the receiver, who keeps the peer: every error here has the severity `drop`.
 * @throws DecodeError
 */
export function decodeContents(bytes: Uint8Array, shortIds: ShortIds = defaultShortIds): Contents {
  const id = bytes[0]
  if (id === undefined) throw new DecodeError('empty-contents', { offset: 0 })
  if (id === 0) {
    if (bytes.length < 1 + COMMAND_SIZE) {
      throw new DecodeError('truncated', { offset: 1, value: COMMAND_SIZE, limit: bytes.length - 1 })
    }
    const command = readCommand(bytes, 1, LAST_PRINTABLE_V2)
    if (command === undefined) throw new DecodeError('invalid-command', { offset: 1 })
    return { command, payload: bytes.subarray(1 + COMMAND_SIZE) }
  }
  const command = shortIds.commandOf(id)
  if (command === undefined) throw new DecodeError('unknown-short-id', { offset: 0, value: id })
  return { command, payload: bytes.subarray(1) }
}

/** What goes before the payload in the contents of a packet: 1 byte where `command` has a short id, else 13. */
export function encodeContentsHeader(command: string, shortIds: ShortIds = defaultShortIds): Uint8Array {
  const id = shortIds.idOf(command)
  if (id !== undefined) return Uint8Array.of(id)
  const header = new Uint8Array(1 + COMMAND_SIZE)
  writeCommand(command, header, 1)
  return header
}

/** The contents of a BIP324 packet, in the short form where there is an id. */
export function encodeContents(
  { command, payload }: Contents,
  shortIds: ShortIds = defaultShortIds,
): Uint8Array {
  const header = encodeContentsHeader(command, shortIds)
  const contents = new Uint8Array(header.length + payload.length)
  contents.set(header)
  contents.set(payload, header.length)
  return contents
}

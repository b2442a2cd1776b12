/**
 * A message as the contents of a packet (BIP324, "Message types").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * @module
 */

import { requireBytes } from '../arguments/require-argument.ts'
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
 * Splits the contents of a BIP324 packet, in either form: an id and the payload, or a zero, 12 bytes of
 * command and the payload. `payload` is a view. `start` is where the contents begin: what is before them (a
 * packet's header) is not looked at. Bad contents are dropped by the receiver, who keeps the peer: every
 * error here has the severity `drop`.
 * @throws DecodeError
 */
export function decodeContents(bytes: Uint8Array, shortIds: ShortIds = defaultShortIds, start = 0): Contents {
  requireBytes(bytes, 'decodeContents')
  const id = bytes[start]
  if (id === undefined) throw new DecodeError('empty-contents', { offset: start })
  const offset = start + 1
  if (id === 0) {
    if (bytes.length < offset + COMMAND_SIZE) {
      throw new DecodeError('truncated', { offset, value: COMMAND_SIZE, limit: bytes.length - offset })
    }
    const command = readCommand(bytes, offset, LAST_PRINTABLE_V2)
    if (command === undefined) throw new DecodeError('invalid-command', { offset })
    return { command, payload: viewFrom(bytes, offset + COMMAND_SIZE) }
  }
  const command = shortIds.commandOf(id)
  if (command === undefined) throw new DecodeError('unknown-short-id', { offset: start, value: id })
  return { command, payload: viewFrom(bytes, offset) }
}

/**
 * The bytes from `offset` on, as a plain Uint8Array: `subarray` of a Node.js Buffer is a Buffer,
 * and ten times dearer.
 */
function viewFrom(bytes: Uint8Array, offset: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset)
}

/**
 * What goes before the payload in the contents of a packet: 1 byte where `command` has a short id, else 13.
 */
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

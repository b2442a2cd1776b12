import { COMMAND_SIZE, maxPayloadSize } from '@sapwood/wire-codec'
import { PeerError } from '../contract/peer-error.ts'

/** Time (8 bytes), command (12), length (4); all little-endian (Core, `CaptureMessageToFile`). */
const RECORD_HEADER = 24
const COMMAND_OFFSET = 8
const LENGTH_OFFSET = 20

/** One message of a capture. */
export interface CapturedMessage {
  /** Microseconds since 1970. */
  readonly time: number
  /** At most 12 ASCII characters. */
  readonly command: string
  /** When read: a view into the file's bytes. */
  readonly payload: Uint8Array
}

/**
 * One record in the format of Bitcoin Core's `-capturemessages` (a file for each direction of a connection,
 * one record after the other; `contrib/message-capture` reads them).
 * @throws RangeError when the command is longer than 12 characters.
 */
export function encodeCapturedMessage({ time, command, payload }: CapturedMessage): Uint8Array {
  if (command.length > COMMAND_SIZE) throw new RangeError(`A command has at most 12 characters: ${command}`)
  const record = new Uint8Array(RECORD_HEADER + payload.length)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(time), true)
  for (let i = 0; i < command.length; i++) record[COMMAND_OFFSET + i] = command.charCodeAt(i)
  view.setUint32(LENGTH_OFFSET, payload.length, true)
  record.set(payload, RECORD_HEADER)
  return record
}

/**
 * The messages of a capture file, in order.
 * @throws PeerError `malformed-capture` with the `offset` of the record that is cut short or cannot be.
 */
export function* readCapture(bytes: Uint8Array): Generator<CapturedMessage, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let offset = 0; offset < bytes.length; ) {
    const left = bytes.length - offset
    if (left < RECORD_HEADER) throw malformed('the file ends within a header', offset)
    const length = view.getUint32(offset + LENGTH_OFFSET, true)
    const command = readCommand(
      bytes.subarray(offset + COMMAND_OFFSET, offset + COMMAND_OFFSET + COMMAND_SIZE),
    )
    if (length > maxPayloadSize(command)) throw malformed(`a payload of ${length} bytes`, offset)
    if (left < RECORD_HEADER + length) throw malformed('the file ends within a payload', offset)
    const start = offset + RECORD_HEADER
    yield {
      time: Number(view.getBigUint64(offset, true)),
      command,
      payload: bytes.subarray(start, start + length),
    }
    offset = start + length
  }
}

function readCommand(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return String.fromCharCode(...(end === -1 ? bytes : bytes.subarray(0, end)))
}

function malformed(what: string, offset: number): PeerError {
  return new PeerError('malformed-capture', `${what}, at offset ${offset}`, { offset })
}

import { concatBytes, readCommand, sha256d, writeCommand } from '@sapwood/wire-codec'

/** Magic (4), command (12), length (4), checksum (4); the numbers little-endian (Core, `CMessageHeader`). */
export const FRAME_HEADER = 24
const COMMAND_OFFSET = 4
const LENGTH_OFFSET = 16
const CHECKSUM_OFFSET = 20
const CHECKSUM_SIZE = 4
/** The last character that a command may have. */
const LAST_PRINTABLE = 0x7e

/** A message in v1's framing. */
export function encodeFrame(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER)
  header.set(magic)
  writeCommand(command, header, COMMAND_OFFSET)
  new DataView(header.buffer).setUint32(LENGTH_OFFSET, payload.length, true)
  header.set(sha256d(payload).subarray(0, CHECKSUM_SIZE), CHECKSUM_OFFSET)
  return concatBytes(header, payload)
}

/** A message as it stands in a file. */
interface Frame {
  readonly command: string
  readonly payload: Uint8Array
  /** Whether its checksum is that of its payload. */
  readonly intact: boolean
}

/** The frame at this place, where there is a whole one. */
export function readFrame(bytes: Uint8Array, offset: number): Frame | undefined {
  if (bytes.length - offset < FRAME_HEADER) return undefined
  const command = readCommand(bytes, offset + COMMAND_OFFSET, LAST_PRINTABLE)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const start = offset + FRAME_HEADER
  const end = start + view.getUint32(offset + LENGTH_OFFSET, true)
  if (command === undefined || command === '' || end > bytes.length) return undefined
  const payload = bytes.subarray(start, end)
  const sum = sha256d(payload)
  const intact = [0, 1, 2, 3].every((index) => bytes[offset + CHECKSUM_OFFSET + index] === sum[index])
  return { command, payload, intact }
}

import { V1_HEADER_LENGTH } from '@sapwood/transport-v1v2'
import { concatBytes, readCommand, sha256d, writeCommand } from '@sapwood/wire-codec'

/** Magic (4), command (12), length (4), checksum (4); the numbers little-endian (Core, `CMessageHeader`). */
const FIELD = { command: 4, length: 16, checksum: 20 } as const
const CHECKSUM_SIZE = 4
/** The last character that a command may have. */
const TILDE = 0x7e

/** A message in v1's framing. */
export function encodeFrame(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(V1_HEADER_LENGTH)
  header.set(magic)
  writeCommand(command, header, FIELD.command)
  new DataView(header.buffer).setUint32(FIELD.length, payload.length, true)
  header.set(sha256d(payload).subarray(0, CHECKSUM_SIZE), FIELD.checksum)
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
  if (bytes.length - offset < V1_HEADER_LENGTH) return undefined
  const command = readCommand(bytes, offset + FIELD.command, TILDE)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const start = offset + V1_HEADER_LENGTH
  const end = start + view.getUint32(offset + FIELD.length, true)
  if (command === undefined || command === '' || end > bytes.length) return undefined
  const payload = bytes.subarray(start, end)
  const sum = sha256d(payload)
  const intact = [0, 1, 2, 3].every((index) => bytes[offset + FIELD.checksum + index] === sum[index])
  return { command, payload, intact }
}

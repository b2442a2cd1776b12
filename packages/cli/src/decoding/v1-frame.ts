import { createV1Codec, V1_HEADER_LENGTH } from '@sapwood/transport-v1v2'
import { concatBytes, readCommand, sha256d } from '@sapwood/wire-codec'

/** Magic (4), command (12), length (4), checksum (4); the numbers little-endian (Core, `CMessageHeader`). */
const FIELD = { command: 4, length: 16, checksum: 20 } as const
/** The last character that a command may have. */
const TILDE = 0x7e

/** A message in v1's framing. */
export function encodeFrame(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  const codec = createV1Codec(magic)
  codec.frame({ command, payload })
  return concatBytes(...codec.outbox.take())
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

import { createHash } from 'node:crypto'
import { regtest, writeCommand } from '@sapwood/wire-codec'

const HEADER_LENGTH = 24
const COMMAND_OFFSET = 4
const LENGTH_OFFSET = 16
const CHECKSUM_OFFSET = 20

/** A message as a hostile encoder makes it: nothing about it has to be true. */
export interface HostileMessage {
  readonly command: string
  readonly payload: Uint8Array
  /** v1: what stands in the place of the checksum. Default: the true one. */
  readonly checksum?: number
}

/** A message in v1 framing. */
export function v1Frame({ command, payload, checksum }: HostileMessage): Uint8Array {
  const frame = new Uint8Array(HEADER_LENGTH + payload.length)
  frame.set(regtest.magic)
  writeCommand(command, frame, COMMAND_OFFSET)
  const view = new DataView(frame.buffer)
  view.setUint32(LENGTH_OFFSET, payload.length, true)
  if (checksum === undefined) {
    const once = createHash('sha256').update(payload).digest()
    frame.set(createHash('sha256').update(once).digest().subarray(0, 4), CHECKSUM_OFFSET)
  } else view.setUint32(CHECKSUM_OFFSET, checksum, true)
  frame.set(payload, HEADER_LENGTH)
  return frame
}

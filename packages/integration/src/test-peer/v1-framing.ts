import {
  bytesToHex,
  COMMAND_SIZE,
  concatBytes,
  MAX_PAYLOAD_SIZE,
  readCommand,
  sha256d,
  writeCommand,
} from '@sapwood/wire-codec'
import type { FramedEvent, FrameFaults, TestFraming } from './test-framing.ts'

/** magic(4) ‖ command(12) ‖ length(4, little-endian) ‖ checksum(4). */
const HEADER_LENGTH = 24
const MAGIC_LENGTH = 4
const LENGTH_OFFSET = MAGIC_LENGTH + COMMAND_SIZE
const CHECKSUM_OFFSET = LENGTH_OFFSET + 4

/** v1, in which a frame may be wrong in each of its fields, and is read as far as it can be. */
export class V1Framing implements TestFraming {
  readonly transport = 'v1'
  readonly #magic: Uint8Array
  #parts: Uint8Array[] = []
  #held = 0
  #needed = HEADER_LENGTH

  constructor(magic: Uint8Array) {
    this.#magic = magic
  }

  receive(chunk: Uint8Array): readonly FramedEvent[] {
    this.#parts.push(chunk)
    this.#held += chunk.length
    const events: FramedEvent[] = []
    while (this.#held >= this.#needed) {
      const held = this.#parts.length === 1 ? this.#parts[0]! : concatBytes(...this.#parts)
      const length = this.#payloadLength(held)
      const end = HEADER_LENGTH + length
      this.#parts = [held]
      this.#needed = end
      if (held.length < end) break
      events.push(messageIn(held, end))
      this.#parts = [held.subarray(end)]
      this.#held = held.length - end
      this.#needed = HEADER_LENGTH
    }
    return events
  }

  frame(command: string, payload: Uint8Array, faults: FrameFaults = {}): Uint8Array {
    const frame = new Uint8Array(HEADER_LENGTH + payload.length)
    const view = new DataView(frame.buffer)
    frame.set(faults.magic ?? this.#magic)
    if (faults.head === undefined) writeCommand(command, frame, MAGIC_LENGTH)
    else frame.set(faults.head.subarray(0, COMMAND_SIZE), MAGIC_LENGTH)
    view.setUint32(LENGTH_OFFSET, faults.length ?? payload.length, true)
    if (faults.checksum === undefined) frame.set(sha256d(payload).subarray(0, 4), CHECKSUM_OFFSET)
    else view.setUint32(CHECKSUM_OFFSET, faults.checksum, true)
    frame.set(payload, HEADER_LENGTH)
    return frame
  }

  #payloadLength(held: Uint8Array): number {
    const magic = held.subarray(0, MAGIC_LENGTH)
    if (this.#magic.some((byte, index) => byte !== magic[index])) {
      throw new Error(`a message begins with ${bytesToHex(magic)}, not with ${bytesToHex(this.#magic)}`)
    }
    const length = viewOf(held).getUint32(LENGTH_OFFSET, true)
    if (length > MAX_PAYLOAD_SIZE) throw new Error(`a message of ${length} bytes was announced`)
    return length
  }
}

function messageIn(held: Uint8Array, end: number): FramedEvent {
  const payload = held.subarray(HEADER_LENGTH, end)
  const command = readCommand(held, MAGIC_LENGTH, 0x7e)
  const told = viewOf(held).getUint32(CHECKSUM_OFFSET, true)
  const made = viewOf(sha256d(payload)).getUint32(0, true)
  const faults = [
    command === undefined ? `the command is ${bytesToHex(held.subarray(MAGIC_LENGTH, LENGTH_OFFSET))}` : '',
    told === made ? '' : 'the checksum is wrong',
  ].filter((fault) => fault !== '')
  const message = { kind: 'message', command: command ?? 'malformed', payload } as const
  return faults.length === 0 ? message : { ...message, note: faults.join(', ') }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

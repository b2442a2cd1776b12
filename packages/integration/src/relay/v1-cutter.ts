import { concatBytes, readCommand } from '@sapwood/wire-codec'

const HEADER_LENGTH = 24
const COMMAND_OFFSET = 4
const LENGTH_OFFSET = 16
/**
 * A longer message is no message of v1 (Core, `MAX_PROTOCOL_MESSAGE_LENGTH`): what follows is passed on
 * uncut.
 */
const MAX_LENGTH = 4_000_000

/** One frame of v1, or bytes that are none. */
export interface CutFrame {
  /** Undefined for bytes that are no frame. */
  readonly command: string | undefined
  readonly bytes: Uint8Array
}

/** Cuts a stream of v1 into its frames; from the first that is none on it is passed on as it comes. */
export class V1Cutter {
  readonly #magic: Uint8Array
  #held: Uint8Array = new Uint8Array(0)
  #isV1 = true

  constructor(magic: Uint8Array) {
    this.#magic = magic
  }

  cut(chunk: Uint8Array): readonly CutFrame[] {
    if (!this.#isV1) return [{ command: undefined, bytes: chunk }]
    this.#held = concatBytes(this.#held, chunk)
    const frames: CutFrame[] = []
    for (;;) {
      const held = this.#held
      const begins = this.#magic.every((byte, index) => index >= held.length || held[index] === byte)
      const length = held.length < HEADER_LENGTH ? 0 : viewOf(held).getUint32(LENGTH_OFFSET, true)
      if (!begins || length > MAX_LENGTH) {
        this.#isV1 = false
        this.#held = new Uint8Array(0)
        return [...frames, { command: undefined, bytes: held }]
      }
      if (held.length < HEADER_LENGTH + length) return frames
      const bytes = held.subarray(0, HEADER_LENGTH + length)
      frames.push({ command: readCommand(bytes, COMMAND_OFFSET, 0x7e), bytes })
      this.#held = held.subarray(HEADER_LENGTH + length)
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

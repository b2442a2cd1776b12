/** Up to this many bytes are copied into a shared block; a longer part is queued as it is. */
export const MAX_COPIED_BYTES = 4_096

const FIRST_BLOCK = 1_024
const LARGEST_BLOCK = 65_536

/**
 * Bytes on their way out. Small frames are packed into blocks, so that a thousand messages leave as a few
 * buffers; large ones are queued without being copied. Holds no memory while it is empty.
 */
export class Outbox {
  #parts: Uint8Array[] = []
  #block: Uint8Array | undefined
  #start = 0
  #end = 0
  #length = 0

  /** Bytes queued. */
  get length(): number {
    return this.#length
  }

  /** What the bytes that were reserved last are written to. */
  get block(): Uint8Array {
    return this.#block!
  }

  /**
   * Makes room for `length` bytes (at most `MAX_COPIED_BYTES`) at the end of the queue, which the caller
   * fills at once.
   * @returns where in `block` they begin: a view of them would cost more than what is written to them.
   */
  reserve(length: number): number {
    let block = this.#block
    if (block === undefined || this.#end + length > block.length) {
      this.#seal()
      const size = block === undefined ? FIRST_BLOCK : Math.min(8 * block.length, LARGEST_BLOCK)
      block = new Uint8Array(Math.max(size, length))
      this.#block = block
      this.#start = 0
      this.#end = 0
    }
    const offset = this.#end
    this.#end = offset + length
    this.#length += length
    return offset
  }

  /** Queues bytes, which are not to be changed afterwards. */
  push(part: Uint8Array): void {
    if (part.length <= MAX_COPIED_BYTES) {
      const offset = this.reserve(part.length)
      this.block.set(part, offset)
      return
    }
    this.#seal()
    this.#parts.push(part)
    this.#length += part.length
  }

  /** Takes everything out, in order; the list is the caller's. */
  take(): Uint8Array[] {
    this.#seal()
    const parts = this.#parts
    this.#parts = []
    this.#block = undefined
    this.#start = 0
    this.#end = 0
    this.#length = 0
    return parts
  }

  /** Closes what the current block holds so far, so that a part can come after it. */
  #seal(): void {
    if (this.#block === undefined || this.#end === this.#start) return
    this.#parts.push(this.#block.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}

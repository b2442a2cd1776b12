/** Portions smaller than this are copied together; a larger one is kept as it came. */
const MIN_KEPT_PORTION = 4_096

/** Size of the blocks that small portions are copied into. */
const BLOCK = 16_384

const EMPTY = new Uint8Array(0)

/**
 * Gives out runs of bytes from chunks that were cut anywhere. A run within one chunk is a view of it; one that spans
 * chunks is put together once, when its last byte is there. Nothing is allocated for bytes that have not arrived, but for
 * one block of 16 KiB.
 */
export class PortionReader {
  #chunk: Uint8Array = EMPTY
  #offset = 0
  #portions: Uint8Array[] = []
  #gathered = 0
  #block: Uint8Array | undefined
  #used = 0

  /** Takes in a chunk, once the one before is used up. */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#offset = 0
  }

  /** Bytes of the chunk that have not been taken. */
  get available(): number {
    return this.#chunk.length - this.#offset
  }

  /** Whether a run has been begun and is not complete. */
  get partial(): boolean {
    return this.#gathered > 0
  }

  /**
   * The next `length` bytes; undefined when the chunk ends before: it is used up then, and the call is to be repeated with
   * the same length after the next `feed`.
   */
  take(length: number): Uint8Array | undefined {
    const start = this.#offset
    const missing = length - this.#gathered
    const available = this.#chunk.length - start
    if (available >= missing) {
      this.#offset = start + missing
      const last = this.#chunk.subarray(start, start + missing)
      if (this.#gathered === 0) return last
      return this.#join(length, last)
    }
    if (available > 0) this.#gather(start === 0 ? this.#chunk : this.#chunk.subarray(start))
    this.#chunk = EMPTY
    this.#offset = 0
    return undefined
  }

  /** Gives back the last `length` bytes of the run taken last, which came from one chunk. */
  unread(length: number): void {
    this.#offset -= length
  }

  /** Bytes not taken, those of an incomplete run included; the reader is empty afterwards. */
  rest(): Uint8Array {
    const last = this.#chunk.subarray(this.#offset)
    const rest = this.#gathered === 0 ? last : this.#join(this.#gathered + last.length, last)
    this.#chunk = EMPTY
    this.#offset = 0
    return rest
  }

  #gather(portion: Uint8Array): void {
    this.#gathered += portion.length
    if (portion.length >= MIN_KEPT_PORTION) {
      this.#flushBlock()
      this.#portions.push(portion)
      return
    }
    if (this.#block !== undefined && this.#used + portion.length > this.#block.length) this.#flushBlock()
    this.#block ??= new Uint8Array(this.#gathered === portion.length ? Math.max(64, portion.length) : BLOCK)
    this.#block.set(portion, this.#used)
    this.#used += portion.length
  }

  #flushBlock(): void {
    if (this.#block === undefined) return
    this.#portions.push(this.#block.subarray(0, this.#used))
    this.#block = undefined
    this.#used = 0
  }

  #join(length: number, last: Uint8Array): Uint8Array {
    this.#flushBlock()
    const joined = new Uint8Array(length)
    let offset = 0
    for (const portion of this.#portions) {
      joined.set(portion, offset)
      offset += portion.length
    }
    joined.set(last, offset)
    this.#portions = []
    this.#gathered = 0
    return joined
  }
}

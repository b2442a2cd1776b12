import { concatBytes } from '@sapwood/wire-codec'

/** Portions smaller than this are copied together; a larger one is kept as it came. */
const MIN_KEPT_PORTION = 4_096

/** Size of the blocks that small portions are copied into. */
const BLOCK = 16_384

const EMPTY = new Uint8Array(0)

/**
 * Gives out runs of bytes from chunks that were cut anywhere. A run within one chunk is a view of it; one
 * that spans chunks is put together once, when its last byte is there. Nothing is allocated for bytes that
 * have not arrived, but for one block of 16 KiB.
 */
export class PortionReader {
  #chunk: Uint8Array = EMPTY
  #offset = 0
  #portions: Uint8Array[] = []
  #gathered = 0
  #block: Uint8Array | undefined
  #used = 0
  #missing = 0

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

  /** Bytes held of a run that is not complete. */
  get gathered(): number {
    return this.#gathered
  }

  /** Bytes that the run under way still lacks; 0 when none is. */
  get missing(): number {
    return this.#missing
  }

  /**
   * The next `length` bytes; undefined when the chunk ends before: it is used up then, and the call is to be
   * repeated with the same length after the next `feed`.
   */
  take(length: number): Uint8Array | undefined {
    if (this.#gathered > 0) {
      const parts = this.takeParts(length)
      return parts === undefined ? undefined : concatBytes(...parts)
    }
    const whole = this.takeWhole(length)
    if (whole === undefined) this.#gatherRest(length)
    return whole
  }

  /**
   * The next `length` bytes if they all are in the chunk and none of them has been gathered; else undefined,
   * and nothing is taken.
   */
  takeWhole(length: number): Uint8Array | undefined {
    const start = this.#offset
    if (this.#gathered > 0 || this.#chunk.length - start < length) return undefined
    this.#offset = start + length
    this.#missing = 0
    return this.#chunk.subarray(start, start + length)
  }

  /**
   * The next three bytes as a number, little-endian; undefined when they are not all there, as with `take`.
   */
  takeUint24(): number | undefined {
    const start = this.#offset
    if (this.#gathered === 0 && this.#chunk.length - start >= 3) {
      this.#offset = start + 3
      return this.#chunk[start]! | (this.#chunk[start + 1]! << 8) | (this.#chunk[start + 2]! << 16)
    }
    const bytes = this.take(3)
    return bytes === undefined ? undefined : bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16)
  }

  /** As `take`, the bytes in the parts that they arrived in: nothing is joined. */
  takeParts(length: number): readonly Uint8Array[] | undefined {
    const start = this.#offset
    const missing = length - this.#gathered
    if (this.#chunk.length - start < missing) {
      this.#gatherRest(length)
      return undefined
    }
    this.#offset = start + missing
    this.#flushBlock()
    const parts = this.#portions
    parts.push(this.#chunk.subarray(start, start + missing))
    this.#portions = []
    this.#gathered = 0
    this.#missing = 0
    return parts
  }

  #gatherRest(length: number): void {
    const rest = this.#offset === 0 ? this.#chunk : this.#chunk.subarray(this.#offset)
    if (rest.length > 0) this.#gather(rest)
    this.#missing = length - this.#gathered
    this.#chunk = EMPTY
    this.#offset = 0
  }

  /** Gives back the last `length` bytes of the run taken last, which came from one chunk. */
  unread(length: number): void {
    this.#offset -= length
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
    const mostlyEmpty = 2 * this.#used < this.#block.length
    // A remote that sends small and large portions in turn would have a block held for each small one.
    this.#portions.push(mostlyEmpty ? this.#block.slice(0, this.#used) : this.#block.subarray(0, this.#used))
    this.#block = undefined
    this.#used = 0
  }
}

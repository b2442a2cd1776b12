import { DecodeError, type DecodeErrorCode, type DecodeSeverity } from '../errors/decode-error.ts'
import {
  asBlockHash,
  asTxid,
  asWtxid,
  type BlockHash,
  type Hash256,
  type Txid,
  type Wtxid,
} from '../hash/hashes.ts'
import { MAX_COMPACT_SIZE } from './compact-size.ts'

const scratch = new Uint8Array(8)
const scratchView = new DataView(scratch.buffer)

/** Those below `SMALL_BIGINTS`, each made when it is first read. */
const smallBigints: bigint[] = []
const SMALL_BIGINTS = 0x1000

function smallBigint(value: number): bigint {
  return value < SMALL_BIGINTS ? (smallBigints[value] ??= BigInt(value)) : BigInt(value)
}

/** Whether the next 8 bytes are a number below `SMALL_BIGINTS`. */
function isSmall(source: Uint8Array, at: number): boolean {
  return (
    source[at + 1]! < SMALL_BIGINTS >> 8 &&
    (source[at + 2]! |
      source[at + 3]! |
      source[at + 4]! |
      source[at + 5]! |
      source[at + 6]! |
      source[at + 7]!) ===
      0
  )
}

/** Facts to put into the error of {@link ByteReader.fail}. */
export interface FailureFacts {
  readonly value?: number | bigint
  readonly limit?: number | bigint
  readonly severity?: DecodeSeverity
  /** Default: where the reader stands. */
  readonly offset?: number
}

/**
 * Reads values from the start of a byte array to its end. Numbers are little-endian unless the name says
 * otherwise. Byte strings are views into `source`, never copies. Every method throws a `DecodeError` when the
 * bytes run out.
 */
export class ByteReader {
  readonly source: Uint8Array
  /** The message being read, for the errors. */
  readonly command: string | undefined
  /** What a failure means for the peer where nothing else is said. */
  readonly severity: DecodeSeverity
  /** Index in `source` of the next byte. */
  offset: number
  /** Index in `source` after the last byte that may be read. */
  readonly end: number

  constructor(source: Uint8Array, command?: string, severity: DecodeSeverity = 'drop') {
    this.source = source
    this.command = command
    this.severity = severity
    this.offset = 0
    this.end = source.length
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.offset
  }

  /** Throws a `DecodeError` with this reader's command and position. */
  fail(code: DecodeErrorCode, facts: FailureFacts = {}): never {
    const { command, severity, offset } = this
    throw new DecodeError(code, { command, severity, offset, ...facts })
  }

  /** Refuses when fewer than `length` bytes are left. */
  need(length: number): void {
    if (length > this.end - this.offset) {
      this.fail('truncated', { value: length, limit: this.end - this.offset })
    }
  }

  u8(): number {
    this.need(1)
    return this.source[this.offset++]!
  }

  u16(): number {
    this.need(2)
    const { source, offset } = this
    this.offset = offset + 2
    return source[offset]! | (source[offset + 1]! << 8)
  }

  /** Big-endian, as ports are. */
  u16be(): number {
    this.need(2)
    const { source, offset } = this
    this.offset = offset + 2
    return (source[offset]! << 8) | source[offset + 1]!
  }

  i32(): number {
    this.need(4)
    const { source, offset } = this
    this.offset = offset + 4
    return (
      source[offset]! | (source[offset + 1]! << 8) | (source[offset + 2]! << 16) | (source[offset + 3]! << 24)
    )
  }

  u32(): number {
    return this.i32() >>> 0
  }

  /** 48 bits, as the short ids of BIP152 are; exact as a number. */
  u48(): number {
    this.need(6)
    const low = this.i32() >>> 0
    return low + this.u16() * 0x1_0000_0000
  }

  u64(): bigint {
    this.need(8)
    const { source, offset } = this
    // Most services are below: made once, not for each address of a list.
    if (isSmall(source, offset)) {
      this.offset = offset + 8
      return smallBigint(source[offset]! | (source[offset + 1]! << 8))
    }
    this.loadScratch()
    return scratchView.getBigUint64(0, true)
  }

  i64(): bigint {
    this.need(8)
    const { source, offset } = this
    if (isSmall(source, offset)) {
      this.offset = offset + 8
      return smallBigint(source[offset]! | (source[offset + 1]! << 8))
    }
    this.loadScratch()
    return scratchView.getBigInt64(0, true)
  }

  /** Passes over the next `length` bytes. */
  skip(length: number): void {
    if (length > this.end - this.offset) this.need(length)
    this.offset += length
  }

  /** As `varBytes`, without making the view. */
  skipVarBytes(limit: number = MAX_COMPACT_SIZE): void {
    const start = this.offset
    const length = this.compactSize()
    if (length > limit) this.fail('too-long', { value: length, limit, offset: start })
    this.skip(length)
  }

  /** A view of the next `length` bytes. */
  view(length: number): Uint8Array {
    this.need(length)
    const { source, offset } = this
    this.offset = offset + length
    return new Uint8Array(source.buffer, source.byteOffset + offset, length)
  }

  /** A view of the next 32 bytes. */
  hash(): Hash256 {
    return this.view(32)
  }

  /** As `hash`, the hash of a block. */
  blockHash(): BlockHash {
    return asBlockHash(this.view(32))
  }

  /** As `hash`, the id of a transaction. */
  txid(): Txid {
    return asTxid(this.view(32))
  }

  /** As `hash`, the id of a transaction with its witness. */
  wtxid(): Wtxid {
    return asWtxid(this.view(32))
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.view(this.remaining)
  }

  /** A length or a count: minimally encoded, at most `MAX_COMPACT_SIZE`. */
  compactSize(): number {
    const start = this.offset
    const first = this.u8()
    if (first < 0xfd) return first
    let value: number
    if (first === 0xfd) {
      value = this.u16()
      if (value < 0xfd) this.fail('non-minimal-size', { value, offset: start })
    } else if (first === 0xfe) {
      value = this.u32()
      if (value <= 0xffff) this.fail('non-minimal-size', { value, offset: start })
    } else {
      const big = this.u64()
      if (big <= 0xffff_ffffn) this.fail('non-minimal-size', { value: big, offset: start })
      this.fail('size-too-large', { value: big, limit: MAX_COMPACT_SIZE, offset: start })
    }
    if (value > MAX_COMPACT_SIZE) {
      this.fail('size-too-large', { value, limit: MAX_COMPACT_SIZE, offset: start })
    }
    return value
  }

  /**
   * A CompactSize that is a value and no length (the services of BIP155): minimally encoded,
   * any 64-bit number.
   */
  compactSize64(): bigint {
    const start = this.offset
    this.skipCompactSize64()
    const size = this.offset - start
    if (size === 1) return smallBigint(this.source[start]!)
    this.offset = start + 1
    return size === 9 ? this.u64() : smallBigint(size === 3 ? this.u16() : this.u32())
  }

  /** Passes over a CompactSize that is a value and no length, after the same checks. */
  skipCompactSize64(): void {
    const start = this.offset
    const first = this.u8()
    if (first < 0xfd) return
    const low = first === 0xfd ? this.u16() : this.u32()
    const high = first === 0xff ? this.u32() : 0
    const least = first === 0xfd ? 0xfd : 0x1_0000
    if (first === 0xff ? high === 0 : low < least)
      this.fail('non-minimal-size', { value: low, offset: start })
  }

  /**
   * The length of a list that follows, each of whose elements takes `elementSize` bytes or more.
   * Refused above `limit`, and also when the elements cannot be there, so that what is returned is safe to
   * allocate for. `severity` is what passing `limit` means; Core reads the whole list first, so a list that
   * is also cut short is only dropped.
   */
  count(limit: number, elementSize: number, severity: DecodeSeverity = this.severity): number {
    const start = this.offset
    const value = this.compactSize()
    const complete = value * elementSize <= this.remaining
    if (value > limit) {
      this.fail('too-many', { value, limit, offset: start, severity: complete ? severity : this.severity })
    }
    if (!complete) {
      this.fail('truncated', { value: value * elementSize, limit: this.remaining })
    }
    return value
  }

  /**
   * Length, then that many bytes, as a view. `severity` is what passing `limit` means;
   * one also cut short is only dropped.
   */
  varBytes(limit: number = MAX_COMPACT_SIZE, severity: DecodeSeverity = this.severity): Uint8Array {
    const start = this.offset
    const length = this.compactSize()
    if (length > limit) {
      this.fail('too-long', {
        value: length,
        limit,
        offset: start,
        severity: length <= this.remaining ? severity : this.severity,
      })
    }
    return this.view(length)
  }

  /** As `varBytes`, one character (U+0000 to U+00FF) for each byte, so that nothing is lost. */
  varString(limit: number): string {
    return String.fromCharCode(...this.varBytes(limit))
  }

  /** `count` elements, each read by `element`. Have `count` checked first: see {@link count}. */
  list<T>(count: number, element: (reader: ByteReader) => T): T[] {
    const list = new Array<T>(count)
    for (let i = 0; i < count; i++) list[i] = element(this)
    return list
  }

  private loadScratch(): void {
    this.need(8)
    const { source, offset } = this
    for (let i = 0; i < 8; i++) scratch[i] = source[offset + i]!
    this.offset = offset + 8
  }
}

import { HEADER_SIZE } from '../crypto/sizes.ts'
import type { BlockHash, Hash256 } from '../hash/hashes.ts'
import { giveTextForm } from '../text-form/text-form.ts'

/** Where some headers stand: `stride` bytes from the start of one to that of the next. */
export interface HeaderPlaces {
  readonly source: Uint8Array
  readonly offset: number
  readonly stride: number
}

/** A `BlockHeader` that knows the bytes that it came in: they need not be written anew to be hashed. */
export class DecodedHeader {
  readonly version: number
  readonly previousBlockHash: BlockHash
  readonly merkleRoot: Hash256
  readonly time: number
  readonly bits: number
  readonly nonce: number
  readonly #source: Uint8Array
  readonly #offset: number

  static {
    giveTextForm(this.prototype)
  }

  /**
   * @param offset Index in `source` of the first of its 80 bytes, which are there.
   * @param buffer That of `source`: asking for it anew for each of a list takes as long as a view.
   */
  constructor(source: Uint8Array, offset: number, buffer: ArrayBufferLike, byteOffset: number) {
    const start = byteOffset + offset
    this.version = i32At(source, offset)
    this.previousBlockHash = new Uint8Array(buffer, start + 4, 32) as BlockHash
    this.merkleRoot = new Uint8Array(buffer, start + 36, 32)
    this.time = i32At(source, offset + 68) >>> 0
    this.bits = i32At(source, offset + 72) >>> 0
    this.nonce = i32At(source, offset + 76) >>> 0
    this.#source = source
    this.#offset = offset
  }

  /** Where the bytes of a header are that was decoded; undefined for any other. */
  static placeOf(
    header: object | undefined,
  ): { readonly source: Uint8Array; readonly offset: number } | undefined {
    if (header === undefined || !(#source in header)) return undefined
    return { source: header.#source, offset: header.#offset }
  }
}

/** @returns undefined unless all of `headers` were decoded from one list, and are in its order. */
export function placesOf(headers: readonly object[]): HeaderPlaces | undefined {
  const first = DecodedHeader.placeOf(headers[0])
  if (first === undefined) return undefined
  const { source, offset } = first
  const stride = (DecodedHeader.placeOf(headers[1])?.offset ?? offset + HEADER_SIZE) - offset
  // In a list there is a count after each (the message `headers`), or nothing.
  if (stride !== HEADER_SIZE && stride !== HEADER_SIZE + 1) return undefined
  for (let i = 1; i < headers.length; i++) {
    const place = DecodedHeader.placeOf(headers[i])
    if (place?.source !== source || place.offset !== offset + i * stride) return undefined
  }
  return { source, offset, stride }
}

function i32At(source: Uint8Array, offset: number): number {
  return (
    source[offset]! | (source[offset + 1]! << 8) | (source[offset + 2]! << 16) | (source[offset + 3]! << 24)
  )
}

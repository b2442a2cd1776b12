import { type BlockHeader, ByteReader, decodeHeader, HEADER_SIZE } from '@sapwood/wire-codec'

/** Where the bits are in the 80 bytes of a header. */
const BITS_OFFSET = 72

/**
 * The headers of one message. A list of 2,000 takes four times the memory of their bytes, and most of what
 * hostile peers send is known by its ends: the list is made where each header is looked at.
 */
export interface HeaderSource {
  readonly length: number
  readonly first: BlockHeader | undefined
  readonly last: BlockHeader | undefined
  /** The bits of each. */
  bits(): Iterable<number>
  list(): readonly BlockHeader[]
  /** All of them, some at a time: who keeps none of these needs memory for few. */
  portions(): Iterable<readonly BlockHeader[]>
}

/** Headers that are looked at together: enough for their hashes to be computed at once. */
const PORTION = 64

/** The bits of each of some headers. */
export const bitsOf = (headers: readonly BlockHeader[]): readonly number[] => headers.map(({ bits }) => bits)

/** Headers that are a list already. */
export function headersOf(headers: readonly BlockHeader[]): HeaderSource {
  return {
    length: headers.length,
    first: headers[0],
    last: headers.at(-1),
    bits: () => bitsOf(headers),
    list: () => headers,
    portions: () => [headers],
  }
}

/** The headers of a `headers` message, by its payload, which has been decoded once and holds what it says. */
export class HeadersPayload implements HeaderSource {
  readonly length: number
  readonly #payload: Uint8Array
  readonly #start: number
  readonly #list: () => readonly BlockHeader[]

  constructor(payload: Uint8Array, list: () => readonly BlockHeader[]) {
    this.#payload = payload
    this.#list = list
    const reader = new ByteReader(payload)
    this.length = reader.compactSize()
    this.#start = reader.offset
  }

  get first(): BlockHeader | undefined {
    return this.length === 0 ? undefined : decodeHeader(this.#payload.subarray(this.#start))
  }

  get last(): BlockHeader | undefined {
    let last: number | undefined
    for (const offset of this.#offsets()) last = offset
    return last === undefined ? undefined : decodeHeader(this.#payload.subarray(last))
  }

  *bits(): Generator<number> {
    const { byteOffset, buffer } = this.#payload
    const view = new DataView(buffer, byteOffset)
    for (const offset of this.#offsets()) yield view.getUint32(offset + BITS_OFFSET, true)
  }

  list(): readonly BlockHeader[] {
    return this.#list()
  }

  *portions(): Generator<readonly BlockHeader[]> {
    let portion: BlockHeader[] = []
    for (const offset of this.#offsets()) {
      portion.push(decodeHeader(this.#payload.subarray(offset, offset + HEADER_SIZE)))
      if (portion.length < PORTION) continue
      yield portion
      portion = []
    }
    if (portion.length > 0) yield portion
  }

  /** Behind each header stands a count of transactions, which says nothing but may be of any size. */
  *#offsets(): Generator<number> {
    const reader = new ByteReader(this.#payload)
    reader.skip(this.#start)
    for (let index = 0; index < this.length; index++) {
      yield reader.offset
      reader.skip(HEADER_SIZE)
      reader.compactSize()
    }
  }
}

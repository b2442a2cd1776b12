import type { SeededNumbers } from './random.ts'

/**
 * Numbers at which code changes its mind: the ends of types, of CompactSize forms, and limits of the
 * protocol.
 */
const NUMBERS = [
  0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 79, 80, 81, 100, 101, 102, 127, 128, 129, 252, 253,
  254, 255, 256, 257, 511, 512, 513, 519, 520, 521, 999, 1000, 1001, 1999, 2000, 2001, 4095, 4096, 4111, 4112,
  10_000, 10_001, 16_666, 32_767, 32_768, 35_999, 36_000, 36_001, 49_999, 50_000, 50_001, 65_534, 65_535,
  65_536, 3_999_999, 4_000_000, 4_000_001, 0x01ff_ffff, 0x0200_0000, 0x0200_0001, 0x4000_0001, 0x4000_0002,
  0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
]

/** The most changes that are made to an input at once. */
const MAX_CHANGES = 6

type Change = (bytes: Uint8Array) => Uint8Array

/** Makes new inputs out of those that are known. */
export class Mutator {
  readonly #random: SeededNumbers
  readonly #dictionary: readonly Uint8Array[]
  readonly #maxLength: number
  readonly #changes: readonly Change[]
  #other: Uint8Array = new Uint8Array(0)

  constructor(random: SeededNumbers, dictionary: readonly Uint8Array[], maxLength: number) {
    this.#random = random
    this.#dictionary = dictionary
    this.#maxLength = maxLength
    const changes: Change[] = [
      (bytes) => this.#overwrite(bytes, 1, (byte) => byte ^ (1 << random.below(8))),
      (bytes) => this.#overwrite(bytes, 1, () => random.below(256)),
      (bytes) => this.#overwrite(bytes, 1, (byte) => byte + random.below(33) - 16),
      (bytes) => this.#overwrite(bytes, 1 + random.below(8), () => random.pick([0, 0xff])),
      (bytes) => this.#put(bytes, this.#number()),
      (bytes) => this.#put(bytes, this.#compactSize()),
      (bytes) => this.#insert(bytes, this.#compactSize()),
      (bytes) => this.#insert(bytes, this.#randomBytes()),
      (bytes) => this.#insert(bytes, this.#slice(bytes)),
      (bytes) => this.#insert(bytes, this.#slice(this.#other)),
      (bytes) => this.#put(bytes, this.#slice(this.#other)),
      (bytes) => this.#remove(bytes),
      (bytes) => bytes.slice(0, random.below(bytes.length + 1)),
      (bytes) => this.#repeat(bytes),
    ]
    if (dictionary.length > 0) {
      changes.push(
        (bytes) => this.#put(bytes, random.pick(dictionary)),
        (bytes) => this.#insert(bytes, random.pick(dictionary)),
      )
    }
    this.#changes = changes
  }

  /** A changed copy of `bytes`, perhaps with parts of `other` in it. */
  mutate(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    this.#other = other
    let changed = bytes
    // Mostly one or two changes, sometimes more.
    let changes = 1
    while (changes < MAX_CHANGES && this.#random.below(2) === 0) changes++
    for (let i = 0; i < changes; i++) changed = this.#random.pick(this.#changes)(changed)
    return changed.length > this.#maxLength ? changed.slice(0, this.#maxLength) : changed
  }

  #overwrite(bytes: Uint8Array, count: number, change: (byte: number) => number): Uint8Array {
    if (bytes.length === 0) return this.#randomBytes()
    const copy = bytes.slice()
    const at = this.#random.below(copy.length)
    for (let i = at; i < Math.min(at + count, copy.length); i++) copy[i] = change(copy[i]!)
    return copy
  }

  #put(bytes: Uint8Array, token: Uint8Array): Uint8Array {
    const at = this.#random.below(bytes.length + 1)
    const copy = new Uint8Array(Math.max(bytes.length, at + token.length))
    copy.set(bytes)
    copy.set(token, at)
    return copy
  }

  #insert(bytes: Uint8Array, token: Uint8Array): Uint8Array {
    const at = this.#random.below(bytes.length + 1)
    const copy = new Uint8Array(bytes.length + token.length)
    copy.set(bytes.subarray(0, at))
    copy.set(token, at)
    copy.set(bytes.subarray(at), at + token.length)
    return copy
  }

  #remove(bytes: Uint8Array): Uint8Array {
    const at = this.#random.below(bytes.length + 1)
    const end = Math.min(bytes.length, at + 1 + this.#random.below(1 + this.#random.below(40)))
    const copy = new Uint8Array(bytes.length - (end - at))
    copy.set(bytes.subarray(0, at))
    copy.set(bytes.subarray(end), at)
    return copy
  }

  /** A part many times over, as a list of the same entries is. */
  #repeat(bytes: Uint8Array): Uint8Array {
    const part = this.#slice(bytes)
    const times = Math.min(1 + this.#random.below(64), Math.floor(this.#maxLength / (part.length + 1)))
    const token = new Uint8Array(part.length * times)
    for (let i = 0; i < times; i++) token.set(part, i * part.length)
    return this.#insert(bytes, token)
  }

  #slice(bytes: Uint8Array): Uint8Array {
    const start = this.#random.below(bytes.length + 1)
    return bytes.slice(start, start + 1 + this.#random.below(1 + this.#random.below(80)))
  }

  #randomBytes(): Uint8Array {
    return Uint8Array.from({ length: 1 + this.#random.below(16) }, () => this.#random.below(256))
  }

  #number(): Uint8Array {
    const size = this.#random.pick([1, 2, 4, 8])
    const value = this.#random.pick(NUMBERS)
    const bytes = new Uint8Array(8)
    const isLittleEndian = this.#random.below(4) > 0
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), isLittleEndian)
    if (this.#random.below(16) === 0) bytes.fill(0xff, 4)
    return isLittleEndian ? bytes.slice(0, size) : bytes.slice(8 - size)
  }

  #compactSize(): Uint8Array {
    const value = this.#random.pick(NUMBERS)
    // Now and then a form that is longer than it has to be.
    const least = this.#random.below(8) === 0 ? this.#random.pick([3, 5, 9]) : 1
    const size = Math.max(least, value < 0xfd ? 1 : value <= 0xffff ? 3 : 5)
    const bytes = new Uint8Array(9)
    new DataView(bytes.buffer).setBigUint64(1, BigInt(value), true)
    bytes[0] = size === 3 ? 0xfd : size === 5 ? 0xfe : 0xff
    return size === 1 ? Uint8Array.of(value) : bytes.slice(0, size)
  }
}

/**
 * The hashes of a filter's items (BIP158), which are spread evenly over its range.
 * https://github.com/bitcoin/bips/blob/master/bip-0158.mediawiki
 * @module
 */

/** Lookups from which on it pays to know where each stretch begins. */
const MANY_LOOKUPS = 64

/** Sorted numbers spread evenly, to be asked whether a number is among them. */
export class SortedNumbers {
  readonly #values: Float64Array
  readonly #perValue: number
  /** Index of the first value of each stretch, and the end of the last. */
  #starts: Uint32Array | undefined

  /**
   * @param values Sorted, from 0 on. @param gap What they are apart on average: all are at most as many times
   * this as there are.
   */
  constructor(values: Float64Array, gap: number) {
    this.#values = values
    this.#perValue = 1 / gap
  }

  get size(): number {
    return this.#values.length
  }

  /** Says how many lookups come, so that many cost little each: 4 bytes of memory for each value. */
  expect(lookups: number): void {
    if (lookups < MANY_LOOKUPS || this.#starts !== undefined) return
    const values = this.#values
    // A product may be rounded up to the number of values.
    const starts = new Uint32Array(values.length + 2)
    for (let i = 0; i < values.length; i++) starts[this.#stretch(values[i]!) + 1]! += 1
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!
    this.#starts = starts
  }

  has(value: number): boolean {
    const values = this.#values
    const starts = this.#starts
    if (starts === undefined) return hasSorted(values, value)
    const stretch = this.#stretch(value)
    const end = starts[stretch + 1]!
    for (let i = starts[stretch]!; i < end; i++) if (values[i] === value) return true
    return false
  }

  /** Never less for more: where a value stands, a lookup of it looks. */
  #stretch(value: number): number {
    return Math.floor(value * this.#perValue)
  }
}

function hasSorted(values: Float64Array, value: number): boolean {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < value) low = middle + 1
    else high = middle
  }
  return values[low] === value
}

import { V1_PREFIX_LENGTH, v1Prefix } from '../framing/v1-prefix.ts'

/** What the first bytes of an incoming connection have shown. */
export type DetectedProtocol = 'v1' | 'v2' | 'undecided'

/** Tells v1 from v2 by the first bytes, as early as that is possible (BIP324). */
export class V1Detector {
  readonly #prefix: Uint8Array
  #matched = 0

  constructor(magic: Uint8Array) {
    this.#prefix = v1Prefix(magic)
  }

  /** Bytes seen that all are those of the v1 prefix. */
  get matched(): Uint8Array {
    return this.#prefix.subarray(0, this.#matched)
  }

  /**
   * Looks at the next bytes: v2 with the first that differs from the prefix, v1 when all 16 are there. Until
   * it says `v2` or `v1`, the bytes that were seen are `matched`; the chunk that decides is not added to
   * them.
   */
  look(chunk: Uint8Array): DetectedProtocol {
    let matched = this.#matched
    for (const byte of chunk) {
      if (byte !== this.#prefix[matched]) return 'v2'
      matched += 1
      if (matched === V1_PREFIX_LENGTH) return 'v1'
    }
    this.#matched = matched
    return 'undecided'
  }
}

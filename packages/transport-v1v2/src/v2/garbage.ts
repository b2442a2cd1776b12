/**
 * Garbage, and the terminator that ends it (BIP324, "Overview and design").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * @module
 */

import { TransportError } from '../errors/transport-error.ts'
import type { PortionReader } from '../framing/portion-reader.ts'
import { GARBAGE_TERMINATOR_LENGTH } from './keys/session-keys.ts'
import type { RemoteNetwork } from './remote-network.ts'

/** Most bytes of garbage that a side may send (BIP324 MAX_GARBAGE_LEN). */
export const MAX_GARBAGE_LENGTH = 4_095

/** Finds the terminator that ends the remote's garbage, at any offset and however it was cut. */
export class GarbageScanner {
  readonly #terminator: Uint8Array
  readonly #network: RemoteNetwork | undefined
  #garbage: Uint8Array = new Uint8Array(256)
  #length = 0
  /** Bytes in which another network's terminator was looked for. */
  #lookedElsewhere = 0

  /** @param network Asked where the terminator does not come at once. Default: nobody. */
  constructor(terminator: Uint8Array, network?: RemoteNetwork) {
    this.#terminator = terminator
    this.#network = network
  }

  /**
   * Takes bytes up to the terminator, and no further.
   * @returns the garbage without the terminator, or undefined when it is not there yet.
   * @throws TransportError `garbage-unterminated` when it can no longer come (4,095 + 16 bytes);
   * `wrong-network` where another network's came.
   */
  scan(reader: PortionReader): Uint8Array | undefined {
    const room = MAX_GARBAGE_LENGTH + GARBAGE_TERMINATOR_LENGTH - this.#length
    const chunk = reader.take(Math.min(reader.available, room)) ?? new Uint8Array(0)
    const before = this.#length
    this.#append(chunk)
    const end = this.#find(this.#terminator, before)
    if (end !== undefined) {
      // What follows the terminator is the first packet.
      reader.unread(chunk.length - (end - before))
      return this.#garbage.slice(0, end - GARBAGE_TERMINATOR_LENGTH)
    }
    if (this.#length >= GARBAGE_TERMINATOR_LENGTH) this.#lookElsewhere()
    if (chunk.length < room) return undefined
    throw new TransportError('garbage-unterminated', 'The remote sent garbage without an end', {
      phase: 'garbage',
      limit: MAX_GARBAGE_LENGTH + GARBAGE_TERMINATOR_LENGTH,
    })
  }

  #lookElsewhere(): void {
    const from = this.#lookedElsewhere
    this.#lookedElsewhere = this.#length
    this.#network?.check((terminator) => this.#find(terminator, from) !== undefined)
  }

  wipe(): void {
    this.#terminator.fill(0)
    this.#network?.wipe()
  }

  /** The offset after the first `terminator` that ends beyond `from`. */
  #find(terminator: Uint8Array, from: number): number | undefined {
    const last = terminator[GARBAGE_TERMINATOR_LENGTH - 1]!
    const searched = this.#garbage.subarray(0, this.#length)
    let index = Math.max(from, GARBAGE_TERMINATOR_LENGTH - 1)
    for (;;) {
      index = searched.indexOf(last, index)
      if (index === -1) return undefined
      if (this.#endsAt(terminator, index)) return index + 1
      index += 1
    }
  }

  #endsAt(terminator: Uint8Array, index: number): boolean {
    const start = index - (GARBAGE_TERMINATOR_LENGTH - 1)
    for (let offset = 0; offset < GARBAGE_TERMINATOR_LENGTH; offset++) {
      if (this.#garbage[start + offset] !== terminator[offset]) return false
    }
    return true
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#garbage.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#garbage.length))
      grown.set(this.#garbage.subarray(0, this.#length))
      this.#garbage = grown
    }
    this.#garbage.set(chunk, this.#length)
    this.#length = length
  }
}

import { bytesToHex } from '@sapwood/wire-codec'
import type { CryptoBackend } from '../crypto/backend.ts'
import { networkOfMagic, otherMagics } from '../errors/other-network.ts'
import { TransportError } from '../errors/transport-error.ts'
import { terminatorElsewhere } from './keys/session-keys.ts'

/**
 * Tells a remote of another network from one that has not sent its terminator yet. The network's magic is in
 * the keys (BIP324), so both sides would wait for each other until a deadline; but of the networks that are
 * known, the terminator can be computed, and found.
 */
export class RemoteNetwork {
  readonly #crypto: CryptoBackend
  /** Overwritten by `wipe`. */
  readonly #sharedSecret: Uint8Array
  readonly #magic: Uint8Array
  readonly #initiating: boolean
  /** Whether the remote may have sent its terminator: whoever dialled us does so once it has our key. */
  #mayHaveSent: boolean
  #elsewhere: readonly { readonly magic: string; readonly terminator: Uint8Array }[] | undefined

  /** @param sharedSecret 32 bytes, of this object alone. */
  constructor(crypto: CryptoBackend, sharedSecret: Uint8Array, magic: Uint8Array, initiating: boolean) {
    this.#crypto = crypto
    this.#sharedSecret = sharedSecret
    this.#magic = magic
    this.#initiating = initiating
    this.#mayHaveSent = initiating
  }

  /**
   * @param has Whether bytes that have come, and were not looked at before, end in a terminator.
   * @throws TransportError `wrong-network`.
   */
  check(has: (terminator: Uint8Array) => boolean): void {
    if (!this.#mayHaveSent) {
      this.#mayHaveSent = true
      return
    }
    // Only where the own terminator did not come with the key: hardly ever with a remote of this network.
    this.#elsewhere ??= otherMagics(this.#magic).map((magic) => ({
      magic: bytesToHex(magic),
      terminator: terminatorElsewhere(this.#crypto, this.#sharedSecret, magic, this.#initiating),
    }))
    const found = this.#elsewhere.find(({ terminator }) => has(terminator))
    if (found === undefined) return
    const expected = bytesToHex(this.#magic)
    const message = `The remote speaks for ${networkOfMagic(found.magic)}, not for ${networkOfMagic(expected)}`
    throw new TransportError('wrong-network', message, { phase: 'garbage', expected, received: found.magic })
  }

  wipe(): void {
    this.#sharedSecret.fill(0)
    for (const { terminator } of this.#elsewhere ?? []) terminator.fill(0)
  }
}

/**
 * Packets: an encrypted length, a header, contents (BIP324, "Packet encryption overview").
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki
 * @module
 */

import { COMMAND_SIZE, MAX_PAYLOAD_SIZE } from '@sapwood/wire-codec'
import { type CryptoBackend, TAG_LENGTH } from '../crypto/backend.ts'
import { TransportError, type TransportPhase } from '../errors/transport-error.ts'
import { MAX_COPIED_BYTES, type Outbox } from '../framing/outbox.ts'
import type { PayloadLimits } from '../framing/payload-limits.ts'
import type { PortionReader } from '../framing/portion-reader.ts'
import { LENGTH_BYTES, LengthCipher } from './cipher/length-cipher.ts'
import { PacketCipher } from './cipher/packet-cipher.ts'

/**
 * Longest contents of a packet: a long command and the largest payload (Core, `MAX_CONTENTS_LEN`), unless a
 * larger one is expected.
 */
export const MAX_CONTENTS_LENGTH: number = 1 + COMMAND_SIZE + MAX_PAYLOAD_SIZE

/** Decoys before the version packet, of which a session needs none; BIP324 sets no limit. */
const MAX_HANDSHAKE_DECOYS = 256
/** Bytes of them: one of the largest, and a little more. */
const MAX_HANDSHAKE_DECOY_BYTES: number = MAX_CONTENTS_LENGTH + 65_536

/** Bit of the header that marks a decoy (BIP324 IGNORE_BIT_POS); the others are ignored. */
export const IGNORE_BIT = 0x80
/** Bytes of a plaintext in front of the packet's contents. */
export const HEADER_LENGTH = 1

/** Bytes that a packet adds to its contents. */
export const V2_PACKET_OVERHEAD: number = LENGTH_BYTES + HEADER_LENGTH + TAG_LENGTH

const NOTHING = new Uint8Array(0)

/**
 * Where a small packet's plaintext is put together, for the length of one call, by whichever connection is
 * sending.
 */
const scratch = new Uint8Array(MAX_COPIED_BYTES)

/** Seals one direction's packets. */
export class PacketSealer {
  readonly #lengths: LengthCipher
  readonly #packets: PacketCipher
  readonly #outbox: Outbox
  #decoys = 0

  constructor(crypto: CryptoBackend, lengthKey: Uint8Array, packetKey: Uint8Array, outbox: Outbox) {
    this.#lengths = new LengthCipher(crypto, lengthKey)
    this.#packets = new PacketCipher(crypto, packetKey)
    this.#outbox = outbox
  }

  get rekeys(): number {
    return this.#packets.rekeys
  }

  get decoys(): number {
    return this.#decoys
  }

  /**
   * Appends a packet whose contents are `head` and `body`, which are checked to be short enough by the
   * caller.
   */
  seal(head: Uint8Array, body: Uint8Array, aad?: Uint8Array): void {
    this.#seal(0, head, body, aad)
  }

  /** Appends a decoy: on the wire nobody can tell it from a message of the same length. */
  sealDecoy(contents: Uint8Array, aad?: Uint8Array): void {
    this.#decoys += 1
    this.#seal(IGNORE_BIT, NOTHING, contents, aad)
  }

  wipe(): void {
    this.#lengths.wipe()
    this.#packets.wipe()
  }

  /** Writes an encrypted length as the first of `room` bytes. @returns where the others begin. */
  #writeLength(length: number, room: number): number {
    const offset = this.#outbox.reserve(room)
    const { block } = this.#outbox
    block[offset] = length
    block[offset + 1] = length >> 8
    block[offset + 2] = length >> 16
    return offset + LENGTH_BYTES
  }

  #seal(header: number, head: Uint8Array, body: Uint8Array, aad: Uint8Array | undefined): void {
    const contents = head.length + body.length
    const length = this.#lengths.apply(contents)
    const total = contents + V2_PACKET_OVERHEAD
    if (total <= MAX_COPIED_BYTES) {
      const offset = this.#writeLength(length, total)
      this.#packets.sealInto(this.#outbox.block, offset, aad, joinPlaintext(header, head, body))
      return
    }
    this.#writeLength(length, LENGTH_BYTES)
    for (const part of this.#packets.sealParts(aad, joinPlaintext(header, head, NOTHING), body)) {
      this.#outbox.push(part)
    }
  }
}

/** header ‖ head ‖ body in one piece. */
function joinPlaintext(header: number, head: Uint8Array, body: Uint8Array): Uint8Array {
  scratch[0] = header
  scratch.set(head, HEADER_LENGTH)
  scratch.set(body, HEADER_LENGTH + head.length)
  return scratch.subarray(0, HEADER_LENGTH + head.length + body.length)
}

/**
 * A packet's header and contents: in one piece where it arrived in one, else in parts, none of them empty.
 */
export type PacketPlaintext = Uint8Array | readonly Uint8Array[]

/** Opens the other direction's packets. */
export class PacketOpener {
  readonly #lengths: LengthCipher
  readonly #packets: PacketCipher
  readonly #reader: PortionReader
  readonly #limits: PayloadLimits
  #length: number | undefined
  #decoys = 0
  #decoyBytes = 0

  constructor(
    crypto: CryptoBackend,
    lengthKey: Uint8Array,
    packetKey: Uint8Array,
    reader: PortionReader,
    limits: PayloadLimits,
  ) {
    this.#lengths = new LengthCipher(crypto, lengthKey)
    this.#packets = new PacketCipher(crypto, packetKey)
    this.#reader = reader
    this.#limits = limits
  }

  get rekeys(): number {
    return this.#packets.rekeys
  }

  get decoys(): number {
    return this.#decoys
  }

  /** Of decoys, in bytes of their contents. */
  get decoyBytes(): number {
    return this.#decoyBytes
  }

  get atBoundary(): boolean {
    return this.#length === undefined && !this.#reader.partial
  }

  /**
   * The next packet that is no decoy; undefined when its last byte has not arrived.
   * @param aad what the first packet is authenticated with besides.
   * @throws TransportError `message-too-large` as soon as the length is there, `authentication-failed`.
   */
  next(phase: TransportPhase, aad?: GarbageAad): PacketPlaintext | undefined {
    for (;;) {
      if (this.#length === undefined) {
        const encrypted = this.#reader.takeUint24()
        if (encrypted === undefined) return undefined
        this.#length = this.#lengths.apply(encrypted)
        const limit = 1 + COMMAND_SIZE + this.#limits.largest
        if (this.#length > limit) throw tooLarge(this.#length, limit, phase)
      }
      const size = HEADER_LENGTH + this.#length + TAG_LENGTH
      const whole = this.#reader.takeWhole(size)
      const parts = whole === undefined ? this.#reader.takeParts(size) : undefined
      if (whole === undefined && parts === undefined) return undefined
      this.#length = undefined
      const plaintext =
        whole === undefined
          ? this.#packets.openParts(aad?.take(), parts!)
          : this.#packets.open(aad?.take(), whole)
      if (plaintext === undefined) throw forged(phase)
      if (!isDecoy(plaintext)) return plaintext
      this.#decoys += 1
      this.#decoyBytes += size
      if (phase === 'version') this.#limitHandshake()
    }
  }

  wipe(): void {
    this.#lengths.wipe()
    this.#packets.wipe()
  }

  #limitHandshake(): void {
    if (this.#decoys <= MAX_HANDSHAKE_DECOYS && this.#decoyBytes <= MAX_HANDSHAKE_DECOY_BYTES) return
    throw new TransportError('flood', 'The remote sends decoys and no version packet', {
      phase: 'version',
      limit: MAX_HANDSHAKE_DECOYS,
    })
  }
}

/**
 * Garbage, which authenticates the first packet that follows it in its direction, be it a decoy, and no
 * other.
 */
export class GarbageAad {
  #garbage: Uint8Array | undefined

  constructor(garbage: Uint8Array) {
    this.#garbage = garbage
  }

  take(): Uint8Array | undefined {
    const garbage = this.#garbage
    this.#garbage = undefined
    return garbage
  }
}

function isDecoy(plaintext: PacketPlaintext): boolean {
  const header = plaintext instanceof Uint8Array ? plaintext[0]! : plaintext[0]![0]!
  return (header & IGNORE_BIT) !== 0
}

function forged(phase: TransportPhase): TransportError {
  return new TransportError('authentication-failed', 'A packet is not what the remote side sealed', { phase })
}

/** The error for a packet, or what is in it, that is longer than is allowed. */
export function tooLarge(length: number, limit: number, phase: TransportPhase): TransportError {
  return new TransportError('message-too-large', `The remote announced a packet of ${length} bytes`, {
    phase,
    received: length,
    limit,
  })
}

import { concatBytes } from '@sapwood/wire-codec'
import { cryptoBackend } from '../crypto/backend-in-force.ts'
import { TAG_LENGTH } from '../crypto/backend.ts'
import type { Random } from '../environment/random.ts'
import { LENGTH_BYTES, LengthCipher } from '../v2/cipher/length-cipher.ts'
import { PacketCipher } from '../v2/cipher/packet-cipher.ts'
import { ELLSWIFT_LENGTH } from '../crypto/ellswift/decode.ts'
import { createEphemeralKey, type EphemeralKey } from '../v2/keys/ephemeral-key.ts'
import { deriveSessionKeys, type SessionKeys } from '../v2/keys/session-keys.ts'
import { MAX_GARBAGE_LENGTH } from '../v2/garbage.ts'
import { HEADER_LENGTH, IGNORE_BIT } from '../v2/packet-codec.ts'

const NOTHING = new Uint8Array(0)

/** How one packet is sealed; by default as BIP324 has it. */
export interface SealOptions {
  /** Marks it a decoy. */
  readonly decoy?: boolean
  /** The whole header byte, instead of what `decoy` makes of it: its lower seven bits are to be ignored. */
  readonly header?: number
  /** What the packet is authenticated with besides: the garbage that was sent, for the first packet. */
  readonly aad?: Uint8Array
  /** The length that is told, 0 to 2^24 - 1, where that is not to be the true one. */
  readonly length?: number
  /** Flips a bit of the tag, so that it cannot be authenticated. */
  readonly forged?: boolean
}

/** A packet that the other side sealed. */
export interface OpenedPacket {
  readonly header: number
  readonly decoy: boolean
  readonly contents: Uint8Array
}

/** What has been made of the remote's bytes so far. */
export interface ScriptedV2Progress {
  /** Bytes of garbage that came before the terminator; undefined until that is there. */
  readonly garbage: Uint8Array | undefined
  readonly packets: readonly OpenedPacket[]
}

/**
 * One side of a BIP324 connection that sends nothing by itself: every byte is the caller's to send, to leave
 * out or to spoil. For tests of what the other side does about it; a real connection is `createV2Session`'s.
 */
export interface ScriptedV2 {
  /** ElligatorSwift encoding of our key, 64 bytes: what is sent first. */
  readonly key: Uint8Array
  /** Whether the remote's key has come, and with it all that follows. */
  readonly agreed: boolean
  /** 32 bytes, the same on both sides. @throws Error before the remote's key has come. */
  readonly sessionId: Uint8Array
  /** The 16 bytes that end our garbage. @throws Error before the remote's key has come. */
  readonly terminator: Uint8Array
  /** A packet, sealed at its turn. @throws Error before the remote's key has come. */
  seal(contents: Uint8Array, options?: SealOptions): Uint8Array
  /**
   * Takes in the remote's next bytes.
   * @returns the garbage, where its end has just been found, and the packets that are complete.
   * @throws Error when there is no terminator within 4,111 bytes, or a packet is not what the remote sealed.
   */
  receive(chunk: Uint8Array): ScriptedV2Progress
}

/** How a scripted side of BIP324 speaks. */
export interface ScriptedV2Options {
  readonly role: 'initiator' | 'responder'
  /** The network's, 4 bytes. */
  readonly magic: Uint8Array
  readonly random: Random
}

/** Makes one side of a BIP324 connection, each of whose bytes the caller chooses. */
export function createScriptedV2(options: ScriptedV2Options): ScriptedV2 {
  return new Scripted(options)
}

/** What follows from both keys. */
interface Agreement {
  readonly keys: SessionKeys
  readonly sealLength: LengthCipher
  readonly sealPacket: PacketCipher
  readonly openLength: LengthCipher
  readonly openPacket: PacketCipher
}

class Scripted implements ScriptedV2 {
  readonly key: Uint8Array
  readonly #options: ScriptedV2Options
  readonly #ephemeral: EphemeralKey
  /** There once the remote's key has come. */
  #agreement: Agreement | undefined
  #parts: Uint8Array[] = []
  #held = 0
  #garbage: Uint8Array | undefined
  #aad: Uint8Array | undefined
  #length: number | undefined

  constructor(options: ScriptedV2Options) {
    this.#options = options
    this.#ephemeral = createEphemeralKey(cryptoBackend(), options.random)
    this.key = this.#ephemeral.encoding
  }

  get agreed(): boolean {
    return this.#agreement !== undefined
  }

  get sessionId(): Uint8Array {
    return this.#needAgreement().keys.sessionId
  }

  get terminator(): Uint8Array {
    return this.#needAgreement().keys.sendGarbageTerminator
  }

  seal(contents: Uint8Array, options: SealOptions = {}): Uint8Array {
    const { sealLength, sealPacket } = this.#needAgreement()
    const { decoy = false, aad, length = contents.length, forged = false } = options
    const header = options.header ?? (decoy ? IGNORE_BIT : 0)
    const packet = new Uint8Array(LENGTH_BYTES + HEADER_LENGTH + contents.length + TAG_LENGTH)
    const encrypted = sealLength.apply(length)
    packet.set([encrypted & 0xff, (encrypted >> 8) & 0xff, (encrypted >> 16) & 0xff])
    sealPacket.sealInto(packet, LENGTH_BYTES, aad, concatBytes(Uint8Array.of(header), contents))
    if (forged) packet[packet.length - 1]! ^= 1
    return packet
  }

  receive(chunk: Uint8Array): ScriptedV2Progress {
    this.#parts.push(chunk)
    this.#held += chunk.length
    let garbage: Uint8Array | undefined
    const packets: OpenedPacket[] = []
    if (this.#agreement === undefined) {
      const remote = this.#take(ELLSWIFT_LENGTH)
      if (remote === undefined) return { garbage, packets }
      this.#agreement = this.#agree(remote)
    }
    const agreement = this.#agreement
    if (this.#garbage === undefined) {
      garbage = this.#takeGarbage(agreement)
      if (garbage === undefined) return { garbage, packets }
      this.#garbage = garbage
      this.#aad = garbage
    }
    for (let packet = this.#open(agreement); packet !== undefined; packet = this.#open(agreement)) {
      packets.push(packet)
    }
    return { garbage, packets }
  }

  #agree(remote: Uint8Array): Agreement {
    const initiating = this.#options.role === 'initiator'
    const secret = this.#ephemeral.sharedSecret(remote, initiating)
    const keys = deriveSessionKeys(cryptoBackend(), secret, this.#options.magic, initiating)
    return {
      keys,
      sealLength: new LengthCipher(cryptoBackend(), keys.sendLength),
      sealPacket: new PacketCipher(cryptoBackend(), keys.sendPacket),
      openLength: new LengthCipher(cryptoBackend(), keys.receiveLength),
      openPacket: new PacketCipher(cryptoBackend(), keys.receivePacket),
    }
  }

  #takeGarbage({ keys }: Agreement): Uint8Array | undefined {
    const terminator = keys.receiveGarbageTerminator
    const held = this.#join()
    for (let end = terminator.length; end <= held.length; end++) {
      const start = end - terminator.length
      if (start > MAX_GARBAGE_LENGTH) break
      if (!terminator.every((byte, index) => held[start + index] === byte)) continue
      const garbage = held.slice(0, start)
      this.#take(end)
      return garbage
    }
    if (held.length < MAX_GARBAGE_LENGTH + terminator.length) return undefined
    throw new Error('The remote sent garbage without a terminator')
  }

  #open({ openLength, openPacket }: Agreement): OpenedPacket | undefined {
    if (this.#length === undefined) {
      const bytes = this.#take(LENGTH_BYTES)
      if (bytes === undefined) return undefined
      this.#length = openLength.apply(bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16))
    }
    const sealed = this.#take(HEADER_LENGTH + this.#length + TAG_LENGTH)
    if (sealed === undefined) return undefined
    this.#length = undefined
    const aad = this.#aad
    this.#aad = undefined
    const plaintext = openPacket.open(aad?.length === 0 ? undefined : aad, sealed)
    if (plaintext === undefined) throw new Error('A packet is not what the remote side sealed')
    const header = plaintext[0]!
    return { header, decoy: (header & IGNORE_BIT) !== 0, contents: plaintext.subarray(HEADER_LENGTH) }
  }

  #join(): Uint8Array {
    if (this.#parts.length !== 1) this.#parts = [concatBytes(...this.#parts)]
    return this.#parts[0] ?? NOTHING
  }

  #take(length: number): Uint8Array | undefined {
    if (this.#held < length) return undefined
    const held = this.#join()
    this.#parts = [held.subarray(length)]
    this.#held -= length
    return held.subarray(0, length)
  }

  #needAgreement(): Agreement {
    if (this.#agreement === undefined) throw new Error("There are no keys before the remote's has come")
    return this.#agreement
  }
}

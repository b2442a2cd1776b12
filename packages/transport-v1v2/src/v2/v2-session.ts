import {
  bytesToHex,
  COMMAND_SIZE,
  concatBytes,
  isDecodeError,
  decodeContents,
  type ShortIds,
  type Contents,
} from '@sapwood/wire-codec'
import type { CryptoBackend } from '../crypto/backend.ts'
import type { Random } from '../environment/random.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { CodecCounters, FrameCodec } from '../framing/frame-codec.ts'
import { Outbox } from '../framing/outbox.ts'
import { PayloadLimits } from '../framing/payload-limits.ts'
import { PortionReader } from '../framing/portion-reader.ts'
import { assertSendable } from '../framing/sendable.ts'
import { V1_PREFIX_LENGTH, v1MagicOf, v1Prefix } from '../v1/v1-prefix.ts'
import { contentsHead } from './contents-head.ts'
import { ELLSWIFT_LENGTH } from './ellswift/decode.ts'
import { GarbageScanner, MAX_GARBAGE_LENGTH } from './garbage.ts'
import type { EphemeralKey } from './keys/ephemeral-key.ts'
import { deriveSessionKeys } from './keys/session-keys.ts'
import {
  GarbageAad,
  HEADER_LENGTH,
  MAX_CONTENTS_LENGTH,
  PacketOpener,
  type PacketPlaintext,
  PacketSealer,
  tooLarge,
} from './packet-codec.ts'
import type { Shaping } from './shaping/shaping.ts'

/** What is being waited for: the remote's key, the end of its garbage, its version packet, messages. */
export type V2Phase = 'key' | 'garbage' | 'version' | 'application'

export interface V2SessionOptions {
  readonly role: 'initiator' | 'responder'
  /** The network's, 4 bytes. */
  readonly magic: Uint8Array
  readonly key: EphemeralKey
  /** Garbage to send, at most 4,095 bytes. */
  readonly garbage: Uint8Array
  readonly shortIds: ShortIds
  /** Sizes of decoys sent before the version packet. */
  readonly decoys?: readonly number[] | undefined
  readonly shaping?: Shaping | undefined
}

const NOTHING = new Uint8Array(0)

/**
 * BIP324's protocol for one side of one connection, without any I/O: `start`, then each received chunk to `receive` and
 * whatever is in the `outbox` to the remote, until `phase` is `application`; from then on it is a `FrameCodec`.
 * A responder is created once its remote is known not to speak v1.
 */
export class V2Session implements FrameCodec {
  readonly outbox: Outbox = new Outbox()
  readonly payloadLimits: PayloadLimits = new PayloadLimits()
  readonly #options: Omit<V2SessionOptions, 'key' | 'garbage'>
  /** Let go of, as all that only the handshake needs, when it is no longer needed: idle connections stay small. */
  #handshake: Pick<V2SessionOptions, 'key' | 'garbage'> | undefined
  readonly #crypto: CryptoBackend
  readonly #random: Random
  readonly #reader = new PortionReader()
  #phase: V2Phase = 'key'
  #prefix: Uint8Array | undefined
  #scanner: GarbageScanner | undefined
  #garbageAad: GarbageAad | undefined
  #sealer: PacketSealer | undefined
  #opener: PacketOpener | undefined
  #sessionId: Uint8Array | undefined
  #dropped = 0
  #droppedBytes = 0

  constructor(options: V2SessionOptions, crypto: CryptoBackend, random: Random) {
    if (options.garbage.length > MAX_GARBAGE_LENGTH) {
      throw new RangeError(`Garbage is at most ${MAX_GARBAGE_LENGTH} bytes`)
    }
    const { key, garbage, ...lasting } = options
    this.#handshake = { key, garbage }
    this.#options = lasting
    this.#crypto = crypto
    this.#random = random
  }

  get phase(): V2Phase {
    return this.#phase
  }

  /** 32 bytes, from the phase `garbage` on. */
  get sessionId(): Uint8Array | undefined {
    return this.#sessionId
  }

  get atBoundary(): boolean {
    return this.#phase === 'application' && this.#opener?.atBoundary === true
  }

  get partialBytes(): number {
    return this.#reader.gathered
  }

  get missingBytes(): number {
    return this.#reader.missing
  }

  get wastedBytes(): number {
    return (this.#opener?.decoyBytes ?? 0) + this.#droppedBytes
  }

  /** Queues the key and the garbage. */
  start(): void {
    if (this.#handshake === undefined) return
    this.outbox.push(this.#handshake.key.encoding)
    this.outbox.push(this.#handshake.garbage)
  }

  receive(chunk: Uint8Array, messages: Contents[]): void {
    this.#reader.feed(chunk)
    if (this.#phase === 'key' && !this.#receiveKey()) return
    if (this.#phase === 'garbage' && !this.#receiveGarbage()) return
    const opener = this.#opener!
    if (this.#phase === 'version') {
      // The contents of the version packet are for future extensions: any are accepted, none are looked at.
      if (opener.next('version', this.#garbageAad) === undefined) return
      this.#garbageAad = undefined
      this.#phase = 'application'
    }
    for (;;) {
      const plaintext = opener.next('application')
      if (plaintext === undefined) return
      const message = this.#readContents(plaintext)
      if (message === undefined) {
        this.#dropped += 1
        this.#droppedBytes += plaintextLength(plaintext)
        continue
      }
      // Which message it is, and so how long it may be, is known only now.
      const limit = this.payloadLimits.of(message.command)
      if (message.payload.length > limit) throw tooLarge(message.payload.length, limit, 'application')
      messages.push(message)
    }
  }

  frame(message: Contents): void {
    const sealer = this.#sealer
    if (sealer === undefined) throw new TransportError('closed', 'There are no keys to send with')
    assertSendable(message)
    const { command, payload } = message
    const head = contentsHead(command, this.#options.shortIds)
    const plan = this.#options.shaping?.plan(head.length + payload.length, this.#random)
    if (plan === undefined) {
      sealer.seal(head, payload)
      return
    }
    for (const length of plan.before) sealer.sealDecoy(decoyContents(length))
    sealer.seal(head, payload)
    for (const length of plan.after) sealer.sealDecoy(decoyContents(length))
  }

  counters(): CodecCounters {
    return {
      decoysReceived: this.#opener?.decoys ?? 0,
      decoysSent: this.#sealer?.decoys ?? 0,
      messagesDropped: this.#dropped,
      rekeys: (this.#opener?.rekeys ?? 0) + (this.#sealer?.rekeys ?? 0),
    }
  }

  wipe(): void {
    this.#handshake?.key.wipe()
    this.#scanner?.wipe()
    this.#sealer?.wipe()
    this.#opener?.wipe()
  }

  /** What BIP324 has a receiver drop is undefined: no contents, an unknown id, a malformed command. */
  #readContents(plaintext: PacketPlaintext): Contents | undefined {
    const { shortIds } = this.#options
    try {
      if (plaintext instanceof Uint8Array) return decodeContents(plaintext, shortIds, HEADER_LENGTH)
      const [head = NOTHING, ...body] = plaintext
      if (!isWholeHead(head)) return decodeContents(concatBytes(...plaintext), shortIds, HEADER_LENGTH)
      return { command: decodeContents(head, shortIds, HEADER_LENGTH).command, payload: concatParts(body) }
    } catch (error) {
      if (isDecodeError(error)) return undefined
      throw error
    }
  }

  #receiveKey(): boolean {
    if (this.#prefix === undefined) {
      this.#prefix = this.#reader.take(V1_PREFIX_LENGTH)
      if (this.#prefix === undefined) return false
      this.#refuseV1(this.#prefix)
    }
    const rest = this.#reader.take(ELLSWIFT_LENGTH - V1_PREFIX_LENGTH)
    if (rest === undefined) return false
    const remote = new Uint8Array(ELLSWIFT_LENGTH)
    remote.set(this.#prefix)
    remote.set(rest, V1_PREFIX_LENGTH)
    this.#agree(remote)
    return true
  }

  /** A remote that begins a v1 `version` is no v2 peer: half a key that looks like it comes once in 2^96 connections. */
  #refuseV1(prefix: Uint8Array): void {
    const magic = v1MagicOf(prefix, v1Prefix(this.#options.magic))
    if (magic === undefined) return
    const expected = bytesToHex(this.#options.magic)
    const facts = { phase: 'key', expected, received: magic } as const
    if (magic === expected) throw new TransportError('v1-peer', 'The remote speaks v1', facts)
    throw new TransportError('wrong-network', 'The remote speaks v1 of another network', facts)
  }

  /** With the remote's key there are keys to send with: terminator, decoys and version packet leave at once. */
  #agree(remoteEncoding: Uint8Array): void {
    const { role, magic, decoys = [] } = this.#options
    const { key, garbage } = this.#handshake!
    this.#handshake = undefined
    this.#prefix = undefined
    const initiating = role === 'initiator'
    const shared = key.sharedSecret(remoteEncoding, initiating)
    key.wipe()
    const keys = deriveSessionKeys(this.#crypto, shared, magic, initiating)
    this.#sessionId = keys.sessionId
    this.#sealer = new PacketSealer(this.#crypto, keys.sendLength, keys.sendPacket, this.outbox)
    this.#opener = new PacketOpener(
      this.#crypto,
      keys.receiveLength,
      keys.receivePacket,
      this.#reader,
      this.payloadLimits,
    )
    this.#scanner = new GarbageScanner(keys.receiveGarbageTerminator)
    for (const secret of [keys.sendLength, keys.sendPacket, keys.receiveLength, keys.receivePacket])
      secret.fill(0)

    this.outbox.push(keys.sendGarbageTerminator)
    const aad = new GarbageAad(garbage)
    for (const length of decoys) this.#sealer.sealDecoy(decoyContents(length), aad.take())
    this.#sealer.seal(NOTHING, NOTHING, aad.take())
    this.#phase = 'garbage'
  }

  #receiveGarbage(): boolean {
    const scanner = this.#scanner!
    const found = scanner.scan(this.#reader)
    if (found === undefined) return false
    this.#garbageAad = new GarbageAad(found)
    scanner.wipe()
    this.#scanner = undefined
    this.#phase = 'version'
    return true
  }
}

/** Whether a part ends with a message's id or command and before its payload, which then need not be copied. */
function isWholeHead(part: Uint8Array): boolean {
  return part.length === HEADER_LENGTH + (part[HEADER_LENGTH] === 0 ? 1 + COMMAND_SIZE : 1)
}

function plaintextLength(plaintext: PacketPlaintext): number {
  if (plaintext instanceof Uint8Array) return plaintext.length
  return plaintext.reduce((sum, part) => sum + part.length, 0)
}

function concatParts(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : concatBytes(...parts)
}

/** Contents of a decoy: nobody ever sees them. */
function decoyContents(length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0 || length > MAX_CONTENTS_LENGTH) {
    throw new RangeError(`A decoy holds 0 to ${MAX_CONTENTS_LENGTH} bytes`)
  }
  return length === 0 ? NOTHING : new Uint8Array(length)
}

/**
 * One side of a BIP324 connection.
 * https://github.com/bitcoin/bips/blob/master/bip-0324.mediawiki#user-content-Overview_and_design
 *
 * The steps, of which each side takes its own as soon as it can ("Overview and design"):
 *
 *     initiator                                              responder
 *  1. key, garbage ────────────────────────────────────────▶
 *  2.                ◀──────────────────────────────────────  key, garbage
 *  3. terminator, decoys, version packet ──────────────────▶ ◀ the same, when the other's key is there
 *  4. messages     ◀───────────────────────────────────────▶ messages, after the other's version packet
 *
 * What one side waits for, and what it sends when that has come:
 *
 *     start() ─ key, garbage out
 *        │
 *        ▼      16 bytes: not a v1 `version`      48 bytes: keys agreed; terminator,
 *     prefix ───────────────────────────▶ key ──┐ decoys and version packet out
 *                                               │
 *        ┌──────────────────────────────────────┘
 *        ▼        terminator                 version packet, decoys before it dropped
 *     garbage ───────────────────▶ version ───────────────────────────▶ application
 * @module
 */

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
import { networkOfMagic } from '../errors/other-network.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { CodecCounters, FrameCodec } from '../framing/frame-codec.ts'
import { Outbox } from '../framing/outbox.ts'
import { PayloadLimits } from '../framing/payload-limits.ts'
import { PortionReader } from '../framing/portion-reader.ts'
import { assertSendable } from '../framing/sendable.ts'
import { V1_PREFIX_LENGTH, v1MagicOf, v1Prefix } from '../framing/v1-prefix.ts'
import { contentsHead } from './contents-head.ts'
import { ELLSWIFT_LENGTH } from '../crypto/ellswift/decode.ts'
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
import { RemoteNetwork } from './remote-network.ts'
import type { Shaping } from './shaping/shaping.ts'

/** What is being waited for: the remote's key, the end of its garbage, its version packet, messages. */
export type V2Phase = 'key' | 'garbage' | 'version' | 'application'

/** What a session of BIP324 is made of. */
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

/** What a side has before it has the other's key. */
interface BeforeAgreement {
  readonly key: EphemeralKey
  readonly garbage: Uint8Array
}

/** What it has from then on. */
interface Agreed {
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly sealer: PacketSealer
  readonly opener: PacketOpener
}

type AwaitingPrefix = BeforeAgreement & { readonly at: 'prefix' }
type AwaitingKey = BeforeAgreement & { readonly at: 'key'; readonly prefix: Uint8Array }
type AwaitingTerminator = Agreed & { readonly at: 'garbage'; readonly scanner: GarbageScanner }
type AwaitingVersion = Agreed & { readonly at: 'version'; readonly garbageAad: GarbageAad }
type Application = Agreed & { readonly at: 'application' }
type Handshaking = AwaitingPrefix | AwaitingKey | AwaitingTerminator | AwaitingVersion

/**
 * BIP324's protocol for one side of one connection, without any I/O: `start`, then each received chunk to
 * `receive` and whatever is in the `outbox` to the remote, until `phase` is `application`; from then on it is
 * a `FrameCodec`. A responder is created once its remote is known not to speak v1.
 *
 * Whatever else comes is a `TransportError`, after which nothing may be called but `wipe` and `counters`.
 */
export class V2Session implements FrameCodec {
  readonly outbox: Outbox = new Outbox()
  readonly payloadLimits: PayloadLimits = new PayloadLimits()
  readonly #options: Omit<V2SessionOptions, 'key' | 'garbage'>
  readonly #crypto: CryptoBackend
  readonly #random: Random
  readonly #reader = new PortionReader()
  /** Holds what its phase needs and nothing else: idle connections stay small. */
  #state: Handshaking | Application
  #dropped = 0
  #droppedBytes = 0

  constructor(options: V2SessionOptions, crypto: CryptoBackend, random: Random) {
    if (options.garbage.length > MAX_GARBAGE_LENGTH) {
      throw new TransportError('invalid-argument', `Garbage is at most ${MAX_GARBAGE_LENGTH} bytes`)
    }
    const { key, garbage, ...lasting } = options
    this.#state = { at: 'prefix', key, garbage }
    this.#options = lasting
    this.#crypto = crypto
    this.#random = random
  }

  get phase(): V2Phase {
    const { at } = this.#state
    return at === 'prefix' ? 'key' : at
  }

  /** 32 bytes, from the phase `garbage` on. */
  get sessionId(): Uint8Array | undefined {
    return this.#agreed?.id
  }

  get atBoundary(): boolean {
    return this.#state.at === 'application' && this.#state.opener.atBoundary
  }

  get partialBytes(): number {
    return this.#reader.gathered
  }

  get missingBytes(): number {
    return this.#reader.missing
  }

  get wastedBytes(): number {
    return (this.#agreed?.opener.decoyBytes ?? 0) + this.#droppedBytes
  }

  /** Queues the key and the garbage. */
  start(): void {
    const state = this.#state
    if (state.at !== 'prefix' && state.at !== 'key') return
    this.outbox.push(state.key.encoding)
    this.outbox.push(state.garbage)
  }

  receive(chunk: Uint8Array, messages: Contents[]): void {
    this.#reader.feed(chunk)
    const state = this.#state.at === 'application' ? this.#state : this.#shakeHands(this.#state)
    if (state === undefined) return
    for (;;) {
      const plaintext = state.opener.next('application')
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
    const agreed = this.#agreed
    if (agreed === undefined) throw new TransportError('closed', 'There are no keys to send with')
    const { sealer } = agreed
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
    const { opener, sealer } = this.#agreed ?? {}
    return {
      decoysReceived: opener?.decoys ?? 0,
      decoysSent: sealer?.decoys ?? 0,
      messagesDropped: this.#dropped,
      rekeys: (opener?.rekeys ?? 0) + (sealer?.rekeys ?? 0),
    }
  }

  wipe(): void {
    const state = this.#state
    if (state.at === 'prefix' || state.at === 'key') return state.key.wipe()
    if (state.at === 'garbage') state.scanner.wipe()
    state.sealer.wipe()
    state.opener.wipe()
  }

  get #agreed(): Agreed | undefined {
    const state = this.#state
    return state.at === 'prefix' || state.at === 'key' ? undefined : state
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

  /** Takes as many steps as what has arrived is enough for. @returns undefined where more has to arrive. */
  #shakeHands(from: Handshaking): Application | undefined {
    let state = from
    for (;;) {
      const next = this.#step(state)
      if (next === undefined) return undefined
      this.#state = next
      if (next.at === 'application') return next
      state = next
    }
  }

  #step(state: Handshaking): Handshaking | Application | undefined {
    switch (state.at) {
      case 'prefix':
        return this.#receivePrefix(state)
      case 'key':
        return this.#receiveKey(state)
      case 'garbage':
        return this.#receiveGarbage(state)
      case 'version':
        return this.#receiveVersion(state)
    }
  }

  #receivePrefix({ key, garbage }: AwaitingPrefix): AwaitingKey | undefined {
    const prefix = this.#reader.take(V1_PREFIX_LENGTH)
    if (prefix === undefined) return undefined
    this.#refuseV1(prefix)
    return { at: 'key', key, garbage, prefix }
  }

  /**
   * A remote that begins a v1 `version` is no v2 peer: half a key that looks like it comes once in 2^96
   * connections.
   */
  #refuseV1(prefix: Uint8Array): void {
    const magic = v1MagicOf(prefix, v1Prefix(this.#options.magic))
    if (magic === undefined) return
    const expected = bytesToHex(this.#options.magic)
    const facts = { phase: 'key', expected, received: magic } as const
    if (magic === expected) throw new TransportError('v1-peer', 'The remote speaks v1', facts)
    const message = `The remote speaks v1 of ${networkOfMagic(magic)}, not of ${networkOfMagic(expected)}`
    throw new TransportError('wrong-network', message, facts)
  }

  #receiveKey({ key, garbage, prefix }: AwaitingKey): AwaitingTerminator | undefined {
    const rest = this.#reader.take(ELLSWIFT_LENGTH - V1_PREFIX_LENGTH)
    return rest && this.#agree(concatBytes(prefix, rest), key, garbage)
  }

  /**
   * With the remote's key there are keys to send with: terminator, decoys and version packet leave at once.
   */
  #agree(remoteEncoding: Uint8Array, key: EphemeralKey, garbage: Uint8Array): AwaitingTerminator {
    const { role, magic, decoys = [] } = this.#options
    const initiating = role === 'initiator'
    const shared = key.sharedSecret(remoteEncoding, initiating)
    key.wipe()
    const network = new RemoteNetwork(this.#crypto, shared.slice(), magic, initiating)
    const keys = deriveSessionKeys(this.#crypto, shared, magic, initiating)
    const { sendLength, sendPacket, receiveLength, receivePacket } = keys
    const sealer = new PacketSealer(this.#crypto, sendLength, sendPacket, this.outbox)
    const next: AwaitingTerminator = {
      at: 'garbage',
      id: keys.sessionId,
      sealer,
      opener: new PacketOpener(this.#crypto, receiveLength, receivePacket, this.#reader, this.payloadLimits),
      scanner: new GarbageScanner(keys.receiveGarbageTerminator, network),
    }
    // Before anything can fail: what is secret in it is wiped with the session.
    this.#state = next
    for (const secret of [sendLength, sendPacket, receiveLength, receivePacket]) secret.fill(0)

    this.outbox.push(keys.sendGarbageTerminator)
    const aad = new GarbageAad(garbage)
    for (const length of decoys) sealer.sealDecoy(decoyContents(length), aad.take())
    sealer.seal(NOTHING, NOTHING, aad.take())
    return next
  }

  #receiveGarbage({ id, sealer, opener, scanner }: AwaitingTerminator): AwaitingVersion | undefined {
    const found = scanner.scan(this.#reader)
    if (found === undefined) return undefined
    scanner.wipe()
    return { at: 'version', id, sealer, opener, garbageAad: new GarbageAad(found) }
  }

  /** The contents of the version packet are for future extensions: any are accepted, none are looked at. */
  #receiveVersion({ id, sealer, opener, garbageAad }: AwaitingVersion): Application | undefined {
    if (opener.next('version', garbageAad) === undefined) return undefined
    return { at: 'application', id, sealer, opener }
  }
}

/**
 * Whether a part ends with a message's id or command and before its payload, which then need not be copied.
 */
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
    throw new TransportError('invalid-argument', `A decoy holds 0 to ${MAX_CONTENTS_LENGTH} bytes`)
  }
  return length === 0 ? NOTHING : new Uint8Array(length)
}

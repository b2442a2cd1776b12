/**
 * Messages of v1: magic, command, length, checksum, payload.
 * https://developer.bitcoin.org/reference/p2p_networking.html#message-headers
 * @module
 */

import {
  bytesToHex,
  COMMAND_SIZE,
  readCommand,
  sha256d,
  writeCommand,
  type Contents,
} from '@sapwood/wire-codec'
import { networkOfMagic } from '../errors/other-network.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { CodecCounters, FrameCodec } from '../framing/frame-codec.ts'
import { Outbox } from '../framing/outbox.ts'
import { PayloadLimits } from '../framing/payload-limits.ts'
import { PortionReader } from '../framing/portion-reader.ts'
import { assertSendable } from '../framing/sendable.ts'

/** magic(4) ‖ command(12) ‖ length(4, little-endian) ‖ checksum(4). */
export const V1_HEADER_LENGTH = 24
/** Last printable character of a v1 command (Core `CMessageHeader::IsMessageTypeValid`). */
const LAST_PRINTABLE = 0x7e
const LENGTH_OFFSET = 16
const CHECKSUM_OFFSET = 20
const CHECKSUM_LENGTH = 4
/** Of an empty payload, bytes `5df6e0e2`: nothing is hashed for each of 43,690 messages in a megabyte. */
const CHECKSUM_OF_NOTHING = 0xe2e0f65d | 0
/** One for all: a view for each takes more than such a message, and keeps the chunk that it came in. */
const NOTHING = new Uint8Array(0)

interface Header {
  /** Undefined when the field is malformed: the message is dropped then. */
  readonly command: string | undefined
  readonly length: number
  readonly checksum: number
}

/** The original framing, unencrypted. @param magic the network's, 4 bytes. */
export function createV1Codec(magic: Uint8Array): FrameCodec {
  return new V1Codec(magic)
}

class V1Codec implements FrameCodec {
  readonly outbox: Outbox = new Outbox()
  readonly payloadLimits: PayloadLimits = new PayloadLimits()
  readonly #magic: Uint8Array
  readonly #reader = new PortionReader()
  #header: Header | undefined
  #dropped = 0
  wastedBytes = 0

  constructor(magic: Uint8Array) {
    this.#magic = magic
  }

  get atBoundary(): boolean {
    return this.#header === undefined && !this.#reader.partial
  }

  get partialBytes(): number {
    return this.#reader.gathered
  }

  get missingBytes(): number {
    return this.#reader.missing
  }

  receive(chunk: Uint8Array, messages: Contents[]): void {
    this.#reader.feed(chunk)
    for (;;) {
      if (this.#header === undefined) {
        const bytes = this.#reader.take(V1_HEADER_LENGTH)
        if (bytes === undefined) return
        this.#header = this.#readHeader(bytes)
      }
      const { command, length, checksum } = this.#header
      const payload = length === 0 ? NOTHING : this.#reader.take(length)
      if (payload === undefined) return
      this.#header = undefined
      // Core drops these messages and keeps the connection (V1Transport::GetReceivedMessage).
      if (command === undefined || checksumOf(payload) !== checksum) {
        this.#dropped += 1
        this.wastedBytes += V1_HEADER_LENGTH + payload.length
      } else messages.push({ command, payload })
    }
  }

  frame(message: Contents): void {
    assertSendable(message)
    const { command, payload } = message
    const header = new Uint8Array(V1_HEADER_LENGTH)
    header.set(this.#magic)
    writeCommand(command, header, this.#magic.length)
    new DataView(header.buffer).setUint32(LENGTH_OFFSET, payload.length, true)
    header.set(sha256d(payload).subarray(0, CHECKSUM_LENGTH), CHECKSUM_OFFSET)
    this.outbox.push(header)
    this.outbox.push(payload)
  }

  counters(): CodecCounters {
    return { decoysReceived: 0, decoysSent: 0, messagesDropped: this.#dropped, rekeys: 0 }
  }

  wipe(): void {
    // There is no secret in v1.
  }

  /** A wrong magic and an excessive length end the connection, as in Core (V1Transport::readHeader). */
  #readHeader(bytes: Uint8Array): Header {
    for (let index = 0; index < this.#magic.length; index++) {
      if (bytes[index] !== this.#magic[index]) {
        const expected = bytesToHex(this.#magic)
        const received = bytesToHex(bytes.subarray(0, this.#magic.length))
        const message = `A message begins with the magic of ${networkOfMagic(received)}, not of ${networkOfMagic(expected)}`
        throw new TransportError('wrong-magic', message, { expected, received })
      }
    }
    const length = readInt32(bytes, LENGTH_OFFSET) >>> 0
    const command = readCommand(bytes, LENGTH_OFFSET - COMMAND_SIZE, LAST_PRINTABLE)
    const limit = this.payloadLimits.of(command)
    if (length > limit) {
      throw new TransportError('message-too-large', `The remote announced a message of ${length} bytes`, {
        received: length,
        limit,
      })
    }
    return {
      command,
      length,
      checksum: readInt32(bytes, CHECKSUM_OFFSET),
    }
  }
}

function checksumOf(payload: Uint8Array): number {
  return payload.length === 0 ? CHECKSUM_OF_NOTHING : readInt32(sha256d(payload), 0)
}

function readInt32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)
}

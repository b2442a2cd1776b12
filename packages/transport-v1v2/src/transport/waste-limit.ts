import type { Clock, Instant } from '../environment/clock.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { FrameCodec } from '../framing/frame-codec.ts'

/**
 * Decoys and dropped messages that a remote may send at once. Each costs about as much as a message, and
 * nothing behind the transport sees it. Bitcoin Core has no such limit: it is far quicker at them, in a
 * thread of their own.
 */
export const MAX_WASTE_BURST = 1_000
/** Decoys and dropped messages a second beyond that. */
export const WASTE_PER_SECOND = 200
/** What a message that is one allows besides: a remote may hide each among several decoys. */
const WASTE_PER_MESSAGE = 16

/** Bytes of decoys and dropped messages that a remote may send at once: two of the largest. */
const MAX_WASTED_BYTES_BURST = 8_388_608
/** Bytes of decoys and dropped messages a second beyond that. */
const WASTED_BYTES_PER_SECOND = 262_144
/** What a byte of a message allows besides. */
const WASTED_BYTES_PER_BYTE = 4

/**
 * Counts what a remote has us decrypt and check for nothing: two buckets, of packets and of bytes, that fill
 * up again.
 */
export class WasteLimit {
  readonly #clock: Clock
  #packets = MAX_WASTE_BURST
  #bytes = MAX_WASTED_BYTES_BURST
  #packetsSeen = 0
  #bytesSeen = 0
  #at: Instant

  constructor(clock: Clock) {
    this.#clock = clock
    this.#at = clock.now()
  }

  /**
   * To be called after each slice that the codec took in.
   * @param messages that came of it, with `bytes` of payload.
   * @throws TransportError `flood` where more came for nothing than may.
   */
  look(codec: FrameCodec, messages: number, bytes: number): void {
    const { decoysReceived, messagesDropped } = codec.counters()
    const packets = decoysReceived + messagesDropped - this.#packetsSeen
    if (packets === 0) return
    const wasted = codec.wastedBytes - this.#bytesSeen
    this.#packetsSeen += packets
    this.#bytesSeen += wasted
    const now = this.#clock.now()
    const seconds = (now - this.#at) / 1_000
    this.#at = now
    const morePackets = seconds * WASTE_PER_SECOND + messages * WASTE_PER_MESSAGE
    const moreBytes = seconds * WASTED_BYTES_PER_SECOND + bytes * WASTED_BYTES_PER_BYTE
    this.#packets = Math.min(MAX_WASTE_BURST, this.#packets + morePackets) - packets
    this.#bytes = Math.min(MAX_WASTED_BYTES_BURST, this.#bytes + moreBytes) - wasted
    if (this.#packets < 0) throw flood('packets', MAX_WASTE_BURST)
    if (this.#bytes < 0) throw flood('bytes', MAX_WASTED_BYTES_BURST)
  }
}

function flood(what: string, limit: number): TransportError {
  return new TransportError(
    'flood',
    `The remote sent more than ${limit} ${what} of decoys and dropped messages`,
    { phase: 'application', limit },
  )
}

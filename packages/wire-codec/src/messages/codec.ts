import type { ByteReader } from '../bytes/byte-reader.ts'
import type { ByteWriter } from '../bytes/byte-writer.ts'
import type { DecodeSeverity } from '../errors/decode-error.ts'

/** What a registry needs of a message. */
export interface AnyMessage {
  readonly type: string
}

/** How one message is read and written. */
export interface MessageCodec<M extends AnyMessage> {
  /** 1 to 12 printable ASCII characters; also the `type` of the message. */
  readonly command: M['type']
  /** One-byte id of BIP324, 1 to 255; without it the message travels in the 13-byte form. */
  readonly shortId?: number
  /** Most bytes of the payload; a larger one is refused unread. Default: `MAX_PAYLOAD_SIZE`. */
  readonly maxPayload?: number
  /** Whether bytes after the message are accepted, as Core does nearly everywhere (default), or refused. */
  readonly trailing?: 'accept' | 'refuse'
  /**
   * What a payload out of form means for the peer, where `decode` does not say otherwise. Default: `drop`.
   */
  readonly malformed?: DecodeSeverity
  /** Reads the message. Throws a `DecodeError`, by way of `reader.fail`, and nothing else. */
  decode(reader: ByteReader): M
  /** Writes the payload; absent where a message is only ever read. */
  encode?(message: M, writer: ByteWriter): void
  /** Bytes that the payload will take, where that is known before it is written. */
  payloadSize?(message: M): number
}

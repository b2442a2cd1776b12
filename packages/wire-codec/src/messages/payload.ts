import { requireArgument, requireBytes } from '../arguments/require-argument.ts'
import { aText } from '../arguments/argument-check.ts'
import { didYouMean, nearestName } from '../arguments/nearest-name.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { DecodeError } from '../errors/decode-error.ts'
import { baseRegistry } from './base-registry.ts'
import { withTextForm } from '../text-form/text-form.ts'
import type { AnyMessage, MessageCodec } from './codec.ts'
import type { Contents } from './contents.ts'
import { MAX_PAYLOAD_SIZE } from './limits.ts'
import type { Message, UnknownMessage } from './message.ts'
import type { Registry } from './registry.ts'

/** A message, and how much of its payload came after its end. */
export interface DecodedPayload<M extends AnyMessage> {
  readonly message: M | UnknownMessage
  /** Bytes that Core would ignore too; 0 for a message in form. */
  readonly trailingBytes: number
}

/**
 * A message from its command and payload, the same whichever form of command it came with. A command that is
 * not in `registry` gives `{ type: 'unknown' }`. Byte fields are views into `payload`, which therefore must
 * not change while the message is in use.
 * @throws DecodeError whatever else is wrong; its `severity` says what Core would do with the peer.
 * @example
 * decodePayload('ping', hexToBytes('0700000000000000')) // { type: 'ping', nonce: 7n }
 */
export function decodePayload(command: string, payload: Uint8Array): Message
export function decodePayload<M extends AnyMessage>(
  command: string,
  payload: Uint8Array,
  registry: Registry<M>,
): M | UnknownMessage
export function decodePayload(
  command: string,
  payload: Uint8Array,
  registry: Registry<AnyMessage> = baseRegistry,
): AnyMessage {
  return decodePayloadWithTrailing(command, payload, registry).message
}

/** As `decodePayload`, and says how many bytes followed the message. */
export function decodePayloadWithTrailing<M extends AnyMessage = Message>(
  command: string,
  payload: Uint8Array,
  registry: Registry<M>,
): DecodedPayload<M> {
  requireArgument(aText, command, 'decodePayload: command')
  requireBytes(payload, 'decodePayload: payload')
  const codec = registry.codecOf(command)
  if (codec === undefined) {
    return { message: withTextForm({ type: 'unknown' as const, command, payload }), trailingBytes: 0 }
  }
  const limit = codec.maxPayload ?? MAX_PAYLOAD_SIZE
  if (payload.length > limit) {
    throw new DecodeError('payload-too-large', { command, offset: 0, value: payload.length, limit })
  }
  const reader = new ByteReader(payload, command, codec.malformed)
  const message = codec.decode(reader)
  if (reader.remaining > 0 && codec.trailing === 'refuse') {
    reader.fail('trailing-bytes', { value: reader.remaining, limit: 0 })
  }
  return { message: withTextForm(message), trailingBytes: reader.remaining }
}

/**
 * The command and payload of `message`.
 * @throws RangeError when a field does not fit its place on the wire or passes its limit, when the message is
 * one that is only read (`reject`, `alert`), or when its payload would be larger than `MAX_PAYLOAD_SIZE`;
 * TypeError when a field is missing or of another type.
 * @example
 * const { command, payload } = encodePayload({ type: 'ping', nonce: 7n })
 * command // 'ping'
 * bytesToHex(payload) // '0700000000000000'
 */
export function encodePayload(message: Message): Contents
export function encodePayload<M extends AnyMessage>(
  message: M | UnknownMessage,
  registry: Registry<M>,
): Contents
export function encodePayload(message: AnyMessage, registry: Registry<AnyMessage> = baseRegistry): Contents {
  if (isUnknown(message)) return { command: message.command, payload: message.payload }
  const codec = registry.codecOf(message.type)
  if (codec?.encode === undefined) throw new RangeError(notSent(message.type, registry))
  const writer = write(codec as SentCodec, message)
  if (writer.size > (codec.maxPayload ?? MAX_PAYLOAD_SIZE)) {
    throw new RangeError(`${message.type}: a payload of ${writer.size} bytes is too large`)
  }
  return { command: message.type, payload: writer.finish() }
}

type SentCodec = MessageCodec<AnyMessage> & Required<Pick<MessageCodec<AnyMessage>, 'encode'>>

function write(codec: SentCodec, message: AnyMessage): ByteWriter {
  try {
    const writer = new ByteWriter(codec.payloadSize?.(message) ?? 64)
    codec.encode(message, writer)
    return writer
  } catch (cause) {
    // Which field it is, the writer does not know; which message, it need not.
    throw cause instanceof TypeError ? new TypeError(`${message.type}: ${cause.message}`, { cause }) : cause
  }
}

function notSent(type: string, registry: Registry<AnyMessage>): string {
  const isKnown = registry.codecOf(type) !== undefined
  const near = isKnown
    ? undefined
    : nearestName(
        type,
        registry.codecs().map(({ command }) => command),
      )
  return `Not a message that is sent: ${type}${didYouMean(near)}`
}

function isUnknown(message: AnyMessage): message is UnknownMessage {
  return message.type === 'unknown' && 'command' in message && 'payload' in message
}

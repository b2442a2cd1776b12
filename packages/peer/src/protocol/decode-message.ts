import { baseRegistry, decodePayload, decodePayloadWithTrailing, type Message } from '@sapwood/wire-codec'

/** Bytes behind a message, which Core ignores, that are not worth a copy of the message without them. */
const MAX_KEPT_TRAILING_BYTES = 64

/** A message of the protocol, or `unknown`, and the payload without what came behind the message. */
export interface DecodedMessage {
  readonly message: Message
  readonly payload: Uint8Array
}

/** @throws DecodeError */
export function decodeMessage(command: string, payload: Uint8Array): DecodedMessage {
  const { message, trailingBytes } = decodePayloadWithTrailing(command, payload, baseRegistry)
  if (trailingBytes <= MAX_KEPT_TRAILING_BYTES) return { message, payload }
  // What is kept of the message would keep the bytes behind it, up to 4 MB, for as long.
  const itself = payload.slice(0, payload.length - trailingBytes)
  return { message: decodePayload(command, itself), payload: itself }
}

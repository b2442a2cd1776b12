import type { MessageCodec } from '../codec.ts'
import type { Empty, Opaque } from '../message.ts'

/** A message without a payload. */
export function emptyCodec<T extends string>(command: T, shortId?: number): MessageCodec<Empty<T>> {
  return {
    command,
    ...(shortId !== undefined && { shortId }),
    decode: () => ({ type: command }),
    encode: () => {
      // Nothing follows the command.
    },
  }
}

/** A message whose payload is carried and not understood. */
export function opaqueCodec<T extends string>(command: T, shortId?: number): MessageCodec<Opaque<T>> {
  return {
    command,
    ...(shortId !== undefined && { shortId }),
    decode: (reader) => ({ type: command, payload: reader.rest() }),
    encode: (message, writer) => void writer.bytes(message.payload),
    payloadSize: (message) => message.payload.length,
  }
}

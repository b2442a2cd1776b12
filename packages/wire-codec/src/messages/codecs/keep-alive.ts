/**
 * `ping` and `pong` (BIP31).
 * https://github.com/bitcoin/bips/blob/master/bip-0031.mediawiki
 * @module
 */

import type { MessageCodec } from '../codec.ts'
import type { MessageOf } from '../message.ts'

export const pingCodec: MessageCodec<MessageOf<'ping'>> = {
  command: 'ping',
  shortId: 18,
  decode: (reader) => (reader.remaining === 0 ? { type: 'ping' } : { type: 'ping', nonce: reader.u64() }),
  encode: writeNonce,
  payloadSize: nonceSize,
}

/** Core takes a short payload for a pong without nonce, not for an error. */
export const pongCodec: MessageCodec<MessageOf<'pong'>> = {
  command: 'pong',
  shortId: 19,
  decode: (reader) => (reader.remaining < 8 ? { type: 'pong' } : { type: 'pong', nonce: reader.u64() }),
  encode: writeNonce,
  payloadSize: nonceSize,
}

function nonceSize({ nonce }: { readonly nonce?: bigint }): number {
  return nonce === undefined ? 0 : 8
}

function writeNonce({ nonce }: { readonly nonce?: bigint }, writer: { u64(value: bigint): unknown }): void {
  if (nonce !== undefined) writer.u64(nonce)
}

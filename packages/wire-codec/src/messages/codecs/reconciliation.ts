/**
 * Reconciliation of transactions (BIP330, a draft).
 * https://github.com/bitcoin/bips/blob/master/bip-0330.mediawiki
 * @module
 */

import type { MessageCodec } from '../codec.ts'
import { MAX_PAYLOAD_SIZE } from '../limits.ts'
import type { MessageOf } from '../message.ts'

/** Lowest version of reconciliation (BIP330); Core disconnects a peer that sends a lower one. */
export const MIN_RECONCILIATION_VERSION = 1

export const sendTxRcnclCodec: MessageCodec<MessageOf<'sendtxrcncl'>> = {
  command: 'sendtxrcncl',
  decode(reader) {
    const offset = reader.offset
    const version = reader.u32()
    const salt = reader.u64()
    if (version < MIN_RECONCILIATION_VERSION) {
      reader.fail('out-of-range', {
        value: version,
        limit: MIN_RECONCILIATION_VERSION,
        offset,
        severity: 'disconnect',
      })
    }
    return { type: 'sendtxrcncl', version, salt }
  },
  encode: (message, writer) => void writer.u32(message.version).u64(message.salt),
}

export const reqReconCodec: MessageCodec<MessageOf<'reqrecon'>> = {
  command: 'reqrecon',
  decode: (reader) => ({ type: 'reqrecon', setSize: reader.u16(), q: reader.u16() }),
  encode: (message, writer) => void writer.u16(message.setSize).u16(message.q),
}

export const sketchCodec: MessageCodec<MessageOf<'sketch'>> = {
  command: 'sketch',
  decode: (reader) => ({ type: 'sketch', sketch: reader.varBytes(MAX_PAYLOAD_SIZE) }),
  encode: (message, writer) => void writer.varBytes(message.sketch),
  payloadSize: ({ sketch }) => 5 + sketch.length,
}

export const reconcilDiffCodec: MessageCodec<MessageOf<'reconcildiff'>> = {
  command: 'reconcildiff',
  decode(reader) {
    const success = reader.u8() !== 0
    const shortIds = new Uint32Array(reader.count(MAX_PAYLOAD_SIZE / 4, 4))
    for (let i = 0; i < shortIds.length; i++) shortIds[i] = reader.u32()
    return { type: 'reconcildiff', success, shortIds }
  },
  encode({ success, shortIds }, writer) {
    writer.u8(success ? 1 : 0).compactSize(shortIds.length)
    for (const id of shortIds) writer.u32(id)
  },
  payloadSize: ({ shortIds }) => 6 + 4 * shortIds.length,
}

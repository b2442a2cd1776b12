/**
 * Messages that are read and no longer sent: `reject` (BIP61) among them.
 * https://github.com/bitcoin/bips/blob/master/bip-0061.mediawiki
 * @module
 */

import type { MessageCodec } from '../codec.ts'
import { MAX_PAYLOAD_SIZE, MAX_REJECT_COMMAND_LENGTH, MAX_REJECT_REASON_LENGTH } from '../limits.ts'
import type { MessageOf } from '../message.ts'

/** BIP61; read only. */
export const rejectCodec: MessageCodec<MessageOf<'reject'>> = {
  command: 'reject',
  decode(reader) {
    const rejected = reader.varString(MAX_REJECT_COMMAND_LENGTH)
    const reasonCode = reader.u8()
    const reason = reader.varString(MAX_REJECT_REASON_LENGTH)
    const hash = reader.remaining >= 32 ? { hash: reader.hash() } : {}
    return { type: 'reject', rejected, reasonCode, reason, ...hash }
  },
}

/** The alert system was retired in Core 0.13; its last alert still goes round. Read only. */
export const alertCodec: MessageCodec<MessageOf<'alert'>> = {
  command: 'alert',
  decode: (reader) => ({
    type: 'alert',
    alert: reader.varBytes(MAX_PAYLOAD_SIZE),
    signature: reader.varBytes(MAX_PAYLOAD_SIZE),
  }),
}

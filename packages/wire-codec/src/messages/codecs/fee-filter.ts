/**
 * `feefilter` (BIP133).
 * https://github.com/bitcoin/bips/blob/master/bip-0133.mediawiki
 * @module
 */

import type { MessageCodec } from '../codec.ts'
import { MAX_MONEY } from '../limits.ts'
import type { MessageOf } from '../message.ts'
import { giveTextForm } from '../../text-form/text-form.ts'

/** Its own class, since to give a plain object its text form costs more than to decode it. */
class FeeFilter {
  readonly type = 'feefilter'
  declare readonly feeRate: bigint

  static {
    giveTextForm(this.prototype)
  }

  constructor(feeRate: bigint) {
    this.feeRate = feeRate
  }
}

/** BIP133. Core ignores a rate that is no amount of money. */
export const feeFilterCodec: MessageCodec<MessageOf<'feefilter'>> = {
  command: 'feefilter',
  shortId: 5,
  decode(reader) {
    const offset = reader.offset
    const feeRate = reader.i64()
    if (feeRate < 0n || feeRate > MAX_MONEY) {
      reader.fail('out-of-range', { value: feeRate, limit: MAX_MONEY, offset })
    }
    return new FeeFilter(feeRate)
  },
  encode(message, writer) {
    if (message.feeRate < 0n || message.feeRate > MAX_MONEY) {
      throw new RangeError(`feeRate: ${message.feeRate}, not 0 to ${MAX_MONEY}`)
    }
    writer.i64(message.feeRate)
  },
  payloadSize: () => 8,
}

/**
 * Short transaction ids (BIP152).
 * https://github.com/bitcoin/bips/blob/master/bip-0152.mediawiki
 * @module
 */

import { ByteWriter } from '../bytes/byte-writer.ts'
import type { Wtxid } from '../hash/hashes.ts'
import { sipHashInto, sipKey } from '../hash/sip-hash.ts'
import { type BlockHeader, HEADER_SIZE, writeHeader } from '../primitives/header.ts'
import { sha256 } from '../crypto/backend-in-force.ts'

/** The 48-bit short id of a transaction in one compact block. */
export type ShortIdOf = (wtxid: Wtxid) => number

/** How transactions are named in the compact block with this header and nonce (BIP152, version 2). */
export function shortIdsFor(header: BlockHeader, nonce: bigint): ShortIdOf {
  const writer = new ByteWriter(HEADER_SIZE + 8)
  writeHeader(writer, header)
  const key = sipKey(sha256(writer.u64(nonce).finish()))
  const hash = { low: 0, high: 0 }
  return (wtxid) => {
    sipHashInto(key, wtxid, hash)
    return (hash.high & 0xffff) * 0x1_0000_0000 + hash.low
  }
}

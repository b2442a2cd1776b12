import type { MessageCodec } from './codec.ts'
import { addrCodec, addrv2Codec } from './codecs/addr.ts'
import { blockCodec, txCodec } from './codecs/block.ts'
import { filterAddCodec, filterLoadCodec, merkleBlockCodec } from './codecs/bloom.ts'
import { blockTxnCodec, cmpctBlockCodec, getBlockTxnCodec, sendCmpctCodec } from './codecs/compact-block.ts'
import { emptyCodec, opaqueCodec } from './codecs/empty.ts'
import { feeFilterCodec } from './codecs/fee-filter.ts'
import {
  cfcheckptCodec,
  cfheadersCodec,
  cfilterCodec,
  getCFCheckptCodec,
  getCFHeadersCodec,
  getCFiltersCodec,
} from './codecs/filter.ts'
import { getBlocksCodec, getHeadersCodec, headersCodec } from './codecs/headers.ts'
import { getDataCodec, invCodec, notFoundCodec } from './codecs/inventory.ts'
import { pingCodec, pongCodec } from './codecs/keep-alive.ts'
import { alertCodec, rejectCodec } from './codecs/legacy.ts'
import { reconcilDiffCodec, reqReconCodec, sendTxRcnclCodec, sketchCodec } from './codecs/reconciliation.ts'
import {
  getUProofCodec,
  getURootCodec,
  getUTtlsCodec,
  uProofCodec,
  uRootCodec,
  uTtlsCodec,
  utreexoTxCodec,
} from './codecs/utreexo.ts'
import { featureCodec, versionCodec } from './codecs/version.ts'
import type { Message, MessageType } from './message.ts'
import { registryOf, type Registry } from './registry.ts'

type KnownMessage = Exclude<Message, { readonly type: 'unknown' }>

/** One codec for each message: a new member of the union without one does not compile. */
const codecs: { readonly [T in MessageType]: MessageCodec<Extract<KnownMessage, { readonly type: T }>> } = {
  version: versionCodec,
  verack: emptyCodec('verack'),
  wtxidrelay: emptyCodec('wtxidrelay'),
  sendaddrv2: emptyCodec('sendaddrv2'),
  sendheaders: emptyCodec('sendheaders'),
  sendcmpct: sendCmpctCodec,
  feature: featureCodec,
  sendtxrcncl: sendTxRcnclCodec,
  reqrecon: reqReconCodec,
  sketch: sketchCodec,
  reqsketchext: emptyCodec('reqsketchext'),
  reconcildiff: reconcilDiffCodec,
  ping: pingCodec,
  pong: pongCodec,
  feefilter: feeFilterCodec,
  getaddr: emptyCodec('getaddr'),
  addr: addrCodec,
  addrv2: addrv2Codec,
  inv: invCodec,
  getdata: getDataCodec,
  notfound: notFoundCodec,
  getblocks: getBlocksCodec,
  getheaders: getHeadersCodec,
  headers: headersCodec,
  block: blockCodec,
  tx: txCodec,
  mempool: emptyCodec('mempool', 15),
  merkleblock: merkleBlockCodec,
  filterload: filterLoadCodec,
  filteradd: filterAddCodec,
  filterclear: emptyCodec('filterclear', 7),
  cmpctblock: cmpctBlockCodec,
  getblocktxn: getBlockTxnCodec,
  blocktxn: blockTxnCodec,
  getcfilters: getCFiltersCodec,
  cfilter: cfilterCodec,
  getcfheaders: getCFHeadersCodec,
  cfheaders: cfheadersCodec,
  getcfcheckpt: getCFCheckptCodec,
  cfcheckpt: cfcheckptCodec,
  reject: rejectCodec,
  alert: alertCodec,
  uproof: uProofCodec,
  getuproof: getUProofCodec,
  uttls: uTtlsCodec,
  getuttls: getUTtlsCodec,
  usummary: opaqueCodec('usummary', 33),
  utreexotx: utreexoTxCodec,
  uroot: uRootCodec,
  geturoot: getURootCodec,
}

/** Every message of the union `Message`. */
export const baseRegistry: Registry<KnownMessage> = /* @__PURE__ */ registryOf<KnownMessage>(
  Object.values(codecs),
)

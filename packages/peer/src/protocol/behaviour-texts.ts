import type { MessageMap } from './message-map.ts'

/** Not in Core's words: reading them costs a decoder, and nothing is done with them. */
const notSpoken = 'a draft that is not spoken'
const givenToTheAsker = 'is delivered to whoever asked for it (Utreexo)'
const servedWherePossible = 'is answered (Utreexo) where the owner serves it, else handed on to the owner'

/**
 * What handling each message means, in words, for documentation: `behaviourTable` says when it is handled.
 * Apart from that, since no connection needs them.
 */
export const behaviourTexts: Readonly<Record<keyof MessageMap, string>> = {
  version: 'answers, settles what both speak',
  verack: 'completes the handshake',
  wtxidrelay: 'announces by wtxid (BIP339)',
  sendaddrv2: 'sends `addrv2` from now on (BIP155)',
  feature: 'notes the feature (BIP434)',
  sendtxrcncl: 'nothing: reconciliation (BIP330) is not spoken',
  sendheaders: 'announces blocks by headers (BIP130)',
  sendcmpct: 'notes who wants compact blocks announced (BIP152)',
  feefilter: 'notes the least fee rate announced to the remote (BIP133)',
  ping: 'answers with `pong` (BIP31), after what was asked before',
  pong: 'measures the round trip',
  addr: 'hands on the addresses within the rate limit',
  addrv2: 'hands on the addresses within the rate limit (BIP155)',
  getaddr: 'answers with at most 1,000 addresses',
  inv: 'hands on the announcement',
  getdata: 'answers with what it names, or `notfound`',
  notfound: 'ends the requests for what it names',
  getblocks: 'answers with at most 500 announcements',
  getheaders: 'answers with at most 2,000 headers',
  headers: 'answers the request that they connect to, or is an announcement',
  block: 'is delivered to whoever asked for it',
  tx: 'is delivered to whoever asked for it',
  mempool: 'answers with announcements of the mempool (BIP35)',
  merkleblock: 'is handed on (BIP37)',
  filterload: 'is handed on (BIP37)',
  filteradd: 'is handed on (BIP37)',
  filterclear: 'is handed on (BIP37)',
  cmpctblock: 'is handed on (BIP152)',
  getblocktxn: 'answers with transactions of a block (BIP152)',
  blocktxn: 'is delivered to whoever asked for it',
  getcfilters: 'answers with filters (BIP157)',
  cfilter: 'is delivered to whoever asked for it',
  getcfheaders: 'answers with filter headers (BIP157)',
  cfheaders: 'is delivered to whoever asked for it',
  getcfcheckpt: 'answers with filter checkpoints (BIP157)',
  cfcheckpt: 'is delivered to whoever asked for it',
  reject: 'nothing (BIP61 is gone)',
  alert: 'nothing (alerts are gone)',
  reqrecon: notSpoken,
  sketch: notSpoken,
  reqsketchext: notSpoken,
  reconcildiff: notSpoken,
  getuproof: servedWherePossible,
  uproof: givenToTheAsker,
  uttls: givenToTheAsker,
  getuttls: 'is handed on to the owner (Utreexo)',
  usummary: 'is handed on to the owner (Utreexo)',
  utreexotx: 'is handed on to the owner (Utreexo)',
  uroot: givenToTheAsker,
  geturoot: servedWherePossible,
  unknown: 'is handed on to the owner, who may know it',
}

/**
 * What each message does in each state of a connection, as Bitcoin Core has it.
 * https://github.com/bitcoin/bitcoin/blob/master/src/net_processing.cpp
 * @module
 */

import {
  bytesEqual,
  COMPACT_BLOCKS_VERSION,
  hasServices,
  InventoryPayload,
  isTransactionEntry,
  MAX_NOTFOUND_SIZE,
  MAX_MONEY,
  ProtocolVersion,
  Services,
} from '@sapwood/wire-codec'
import type { PeerServices } from '../contract/peer-services.ts'
import type { MessageMap } from './message-map.ts'
import type { Outcome, PurposeOf, Row, Rule } from './rule.ts'

type Table = { readonly [Type in keyof MessageMap]: Row<Type> }

type RowOptions<Type extends keyof MessageMap> = Partial<
  Pick<Row<Type>, 'rules' | 'core' | 'onPrivateBroadcast'>
>

/**
 * A message that only makes sense once both sides have said `verack`; before that it is ignored, as in Core.
 */
function whenReady<Type extends keyof MessageMap>(
  purpose: PurposeOf<Type>,
  options: RowOptions<Type> = {},
): Row<Type> {
  return row(purpose, ['ignore', 'ignore', 'handle'], options)
}

function row<Type extends keyof MessageMap>(
  purpose: PurposeOf<Type>,
  [first, second, third]: readonly [Outcome, Outcome, Outcome],
  options: RowOptions<Type> = {},
): Row<Type> {
  return {
    purpose,
    states: { 'awaiting-version': first, 'awaiting-verack': second, ready: third },
    ...options,
    rules: options.rules ?? [],
  }
}

function asksForItsTransactionOnly(
  { inventory }: MessageMap['getdata'],
  txid: Uint8Array | undefined,
): boolean {
  const [entry] = inventory
  if (entry === undefined || inventory.length !== 1 || txid === undefined) return false
  return isTransactionEntry(entry.type) && bytesEqual(entry.hash, txid)
}

/** By its payload: a list of up to 50,000 is made by whoever reads it. */
function announcesTransactions(payload: Uint8Array): boolean {
  const entries = InventoryPayload.of(payload)
  for (let index = 0; index < entries.length; index++) {
    if (isTransactionEntry(entries.typeAt(index))) return true
  }
  return false
}

/** A request for a service that is not offered ends the connection. */
function notOffered<Type extends keyof MessageMap>(command: string, service: keyof PeerServices): Rule<Type> {
  return {
    when: 'we do not offer it',
    applies: (_, facts) => !facts.serves(service),
    outcome: 'disconnect',
    reason: () => ({ code: 'service-not-offered', command }),
  }
}

function withoutBloom<Type extends keyof MessageMap>(command: string): Rule<Type> {
  return {
    when: 'our `version` did not offer NODE_BLOOM',
    applies: (_, facts) => (facts.ourServices & Services.BLOOM) === 0n,
    outcome: 'disconnect',
    reason: () => ({ code: 'service-not-offered', command }),
  }
}

const addressesUnwanted: Rule<'addr' | 'addrv2'> = {
  when: 'this kind of connection exchanges no addresses',
  applies: (_, facts) => !facts.behaviour.relaysAddresses,
  outcome: 'ignore',
}

/**
 * What every message does in every state: the one place where it is decided. Limits on the number of entries
 * and on field values that make a payload malformed are wire-codec's (`DecodeError.severity`); they end the
 * connection, or drop the message, before these rules are looked at.
 */
export const behaviourTable: Table = {
  version: row('handshake', ['handle', 'ignore', 'ignore'], {
    rules: [
      {
        when: 'it lacks a service that this kind of connection needs',
        applies: ({ services }, facts) =>
          facts.behaviour.expectsServices && !hasServices(services, facts.servicesWanted(services)),
        outcome: 'disconnect',
        reason: ({ services }, facts) => ({
          code: 'missing-services',
          received: services,
          required: facts.servicesWanted(services),
        }),
      },
      {
        when: 'its protocol version is below the minimum (31,800)',
        applies: ({ version }, facts) => version < facts.minimumVersion,
        outcome: 'disconnect',
        reason: ({ version }, facts) => ({
          code: 'obsolete-version',
          received: version,
          minimum: facts.minimumVersion,
        }),
      },
      {
        when: 'its nonce is one of ours: it is ourselves',
        applies: ({ nonce }, facts) => facts.behaviour.direction === 'inbound' && facts.isOwnNonce(nonce),
        outcome: 'disconnect',
        reason: ({ nonce }) => ({ code: 'self-connection', nonce }),
      },
      {
        when: 'a private broadcast, and the remote relays no transactions',
        applies: ({ relay }, facts) => facts.kind === 'private-broadcast' && !relay,
        outcome: 'disconnect',
        reason: () => ({ code: 'transactions-not-relayed' }),
      },
    ],
  }),
  verack: row('handshake', ['ignore', 'handle', 'ignore']),
  wtxidrelay: row('handshake', ['ignore', 'handle', 'disconnect'], {
    rules: [
      {
        when: 'the common version is below 70,016',
        applies: (_, facts) => facts.commonVersion < ProtocolVersion.WTXID_RELAY,
        outcome: 'ignore',
      },
    ],
  }),
  sendaddrv2: row('handshake', ['ignore', 'handle', 'disconnect']),
  feature: row('handshake', ['ignore', 'handle', 'disconnect'], {
    rules: [
      {
        when: 'the common version is below 70,017',
        applies: (_, facts) => facts.commonVersion < ProtocolVersion.FEATURE,
        outcome: 'disconnect',
        reason: (_, facts) => ({
          code: 'message-not-negotiated',
          command: 'feature',
          commonVersion: facts.commonVersion,
          required: ProtocolVersion.FEATURE,
        }),
      },
    ],
  }),
  sendtxrcncl: row('handshake', ['ignore', 'ignore', 'ignore'], {
    core: {
      'awaiting-verack': 'ignore, unless `-txreconciliation` is on: then handle',
      ready: 'ignore, unless `-txreconciliation` is on: then disconnect',
    },
  }),
  sendheaders: row('setting', ['ignore', 'handle', 'handle']),
  sendcmpct: row('setting', ['ignore', 'handle', 'handle'], {
    rules: [
      {
        when: 'it is for another version than 2',
        applies: ({ version }) => version !== COMPACT_BLOCKS_VERSION,
        outcome: 'ignore',
      },
    ],
  }),
  feefilter: whenReady('setting', {
    rules: [
      {
        when: 'the fee rate is not an amount of money',
        applies: ({ feeRate }) => feeRate < 0n || feeRate > MAX_MONEY,
        outcome: 'ignore',
      },
    ],
  }),
  ping: whenReady('keep-alive', {
    rules: [
      {
        when: 'the common version is 60,000 or below',
        applies: (_, facts) => facts.commonVersion <= ProtocolVersion.BIP31,
        outcome: 'ignore',
      },
    ],
  }),
  pong: whenReady('reply', { onPrivateBroadcast: true }),
  addr: whenReady('announcement', {
    rules: [addressesUnwanted],
  }),
  addrv2: whenReady('announcement', {
    rules: [addressesUnwanted],
  }),
  getaddr: whenReady('request', {
    rules: [
      {
        when: 'we dialled: the answer would tell whom we know',
        applies: (_, facts) => facts.behaviour.direction === 'outbound',
        outcome: 'ignore',
      },
      {
        when: 'it has been answered on this connection',
        applies: (_, facts) => facts.addressesServed,
        outcome: 'ignore',
      },
    ],
  }),
  inv: whenReady('announcement', {
    rules: [
      {
        when: 'it announces transactions where our `version` wanted none',
        applies: (_, facts, __, payload) => !facts.ourRelay && announcesTransactions(payload),
        outcome: 'disconnect',
        reason: () => ({ code: 'unwanted-transactions', command: 'inv' }),
      },
    ],
  }),
  getdata: whenReady('request', {
    core: { ready: 'handle, with silence for blocks that it lacks' },
    onPrivateBroadcast: true,
    rules: [
      {
        when: 'a private broadcast, and it is for another than its transaction',
        applies: (message, facts) =>
          facts.kind === 'private-broadcast' && !asksForItsTransactionOnly(message, facts.privateTxid),
        outcome: 'disconnect',
        reason: () => ({
          code: 'invalid-request',
          command: 'getdata',
          detail: 'not the transaction of the private broadcast',
        }),
      },
    ],
  }),
  notfound: whenReady('reply', {
    rules: [
      {
        when: 'it has more than 5,016 entries',
        // By its payload: a list of up to 50,000 is made by whoever reads it.
        applies: (_, __, ___, payload) => InventoryPayload.of(payload).length > MAX_NOTFOUND_SIZE,
        outcome: 'ignore',
      },
    ],
  }),
  getblocks: whenReady('request'),
  getheaders: whenReady('request'),
  headers: whenReady('reply'),
  block: whenReady('reply'),
  tx: whenReady('reply', {
    rules: [
      {
        when: 'nobody asked for it, and our `version` wanted none',
        applies: (_, facts, askedBy) => askedBy === 'none' && !facts.ourRelay,
        outcome: 'disconnect',
        reason: () => ({ code: 'unwanted-transactions', command: 'tx' }),
        core: 'disconnect in any case: such a connection never asks',
      },
    ],
  }),
  mempool: whenReady('request', {
    rules: [
      {
        ...notOffered('mempool', 'mempool'),
        core: 'disconnect where its `version` did not offer NODE_BLOOM, or its upload target is met',
      },
    ],
  }),
  merkleblock: whenReady('reply', {
    core: { ready: 'ignore: Core asks for none' },
  }),
  filterload: whenReady('setting', { rules: [withoutBloom('filterload')] }),
  filteradd: whenReady('setting', { rules: [withoutBloom('filteradd')] }),
  filterclear: whenReady('setting', { rules: [withoutBloom('filterclear')] }),
  cmpctblock: whenReady('announcement'),
  getblocktxn: whenReady('request'),
  blocktxn: whenReady('reply'),
  getcfilters: whenReady('request', {
    rules: [notOffered('getcfilters', 'compactFilters')],
  }),
  cfilter: whenReady('reply', {
    core: { ready: 'ignore: Core asks for none' },
  }),
  getcfheaders: whenReady('request', {
    rules: [notOffered('getcfheaders', 'compactFilterHeaders')],
  }),
  cfheaders: whenReady('reply', {
    core: { ready: 'ignore: Core asks for none' },
  }),
  getcfcheckpt: whenReady('request', {
    rules: [notOffered('getcfcheckpt', 'compactFilterCheckpoints')],
  }),
  cfcheckpt: whenReady('reply', {
    core: { ready: 'ignore: Core asks for none' },
  }),
  reject: row('setting', ['ignore', 'ignore', 'ignore']),
  alert: row('setting', ['ignore', 'ignore', 'ignore']),
  reqrecon: row('request', ['ignore', 'ignore', 'ignore']),
  sketch: row('reply', ['ignore', 'ignore', 'ignore']),
  reqsketchext: row('request', ['ignore', 'ignore', 'ignore']),
  reconcildiff: row('reply', ['ignore', 'ignore', 'ignore']),
  getuproof: utreexo('request'),
  uproof: utreexo('reply'),
  uttls: utreexo('reply'),
  getuttls: utreexo('request'),
  usummary: utreexo('announcement'),
  utreexotx: utreexo('announcement'),
  uroot: utreexo('reply'),
  geturoot: utreexo('request'),
  unknown: whenReady('announcement', {
    core: { ready: 'ignore' },
  }),
}

function utreexo<Type extends keyof MessageMap>(purpose: PurposeOf<Type>): Row<Type> {
  return whenReady(purpose, {
    core: { ready: 'ignore: unknown to Core' },
  })
}

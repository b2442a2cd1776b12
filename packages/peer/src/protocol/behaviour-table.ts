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

/**
 * A message that only makes sense once both sides have said `verack`; before that it is ignored, as in Core.
 */
function whenReady<Type extends keyof MessageMap>(
  purpose: PurposeOf<Type>,
  rules?: readonly Rule<Type>[],
  onPrivateBroadcast?: boolean,
): Row<Type> {
  return row(purpose, ['ignore', 'ignore', 'handle'], rules, onPrivateBroadcast)
}

function row<Type extends keyof MessageMap>(
  purpose: PurposeOf<Type>,
  [first, second, third]: readonly [Outcome, Outcome, Outcome],
  rules: readonly Rule<Type>[] = [],
  onPrivateBroadcast = false,
): Row<Type> {
  return {
    purpose,
    states: { 'awaiting-version': first, 'awaiting-verack': second, ready: third },
    rules,
    onPrivateBroadcast,
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
  version: row(
    'handshake',
    ['handle', 'ignore', 'ignore'],
    [
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
  ),
  verack: row('handshake', ['ignore', 'handle', 'ignore']),
  wtxidrelay: row(
    'handshake',
    ['ignore', 'handle', 'disconnect'],
    [
      {
        when: 'the common version is below 70,016',
        applies: (_, facts) => facts.commonVersion < ProtocolVersion.WTXID_RELAY,
        outcome: 'ignore',
      },
    ],
  ),
  sendaddrv2: row('handshake', ['ignore', 'handle', 'disconnect']),
  feature: row(
    'handshake',
    ['ignore', 'handle', 'disconnect'],
    [
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
  ),
  sendtxrcncl: row('handshake', ['ignore', 'ignore', 'ignore']),
  sendheaders: row('setting', ['ignore', 'handle', 'handle']),
  sendcmpct: row(
    'setting',
    ['ignore', 'handle', 'handle'],
    [
      {
        when: 'it is for another version than 2',
        applies: ({ version }) => version !== COMPACT_BLOCKS_VERSION,
        outcome: 'ignore',
      },
    ],
  ),
  feefilter: whenReady('setting', [
    {
      when: 'the fee rate is not an amount of money',
      applies: ({ feeRate }) => feeRate < 0n || feeRate > MAX_MONEY,
      outcome: 'ignore',
    },
  ]),
  ping: whenReady('keep-alive', [
    {
      when: 'the common version is 60,000 or below',
      applies: (_, facts) => facts.commonVersion <= ProtocolVersion.BIP31,
      outcome: 'ignore',
    },
  ]),
  pong: whenReady('reply', [], true),
  addr: whenReady('announcement', [addressesUnwanted]),
  addrv2: whenReady('announcement', [addressesUnwanted]),
  getaddr: whenReady('request', [
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
  ]),
  inv: whenReady('announcement', [
    {
      when: 'it announces transactions where our `version` wanted none',
      applies: (_, facts, __, payload) => !facts.ourRelay && announcesTransactions(payload),
      outcome: 'disconnect',
      reason: () => ({ code: 'unwanted-transactions', command: 'inv' }),
    },
  ]),
  getdata: whenReady(
    'request',
    [
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
    true,
  ),
  notfound: whenReady('reply', [
    {
      when: 'it has more than 5,016 entries',
      // By its payload: a list of up to 50,000 is made by whoever reads it.
      applies: (_, __, ___, payload) => InventoryPayload.of(payload).length > MAX_NOTFOUND_SIZE,
      outcome: 'ignore',
    },
  ]),
  getblocks: whenReady('request'),
  getheaders: whenReady('request'),
  headers: whenReady('reply'),
  block: whenReady('reply'),
  tx: whenReady('reply', [
    {
      when: 'nobody asked for it, and our `version` wanted none',
      applies: (_, facts, askedBy) => askedBy === 'none' && !facts.ourRelay,
      outcome: 'disconnect',
      reason: () => ({ code: 'unwanted-transactions', command: 'tx' }),
    },
  ]),
  mempool: whenReady('request', [notOffered('mempool', 'mempool')]),
  merkleblock: whenReady('reply'),
  filterload: whenReady('setting', [withoutBloom('filterload')]),
  filteradd: whenReady('setting', [withoutBloom('filteradd')]),
  filterclear: whenReady('setting', [withoutBloom('filterclear')]),
  cmpctblock: whenReady('announcement'),
  getblocktxn: whenReady('request'),
  blocktxn: whenReady('reply'),
  getcfilters: whenReady('request', [notOffered('getcfilters', 'compactFilters')]),
  cfilter: whenReady('reply'),
  getcfheaders: whenReady('request', [notOffered('getcfheaders', 'compactFilterHeaders')]),
  cfheaders: whenReady('reply'),
  getcfcheckpt: whenReady('request', [notOffered('getcfcheckpt', 'compactFilterCheckpoints')]),
  cfcheckpt: whenReady('reply'),
  reject: row('setting', ['ignore', 'ignore', 'ignore']),
  alert: row('setting', ['ignore', 'ignore', 'ignore']),
  reqrecon: row('request', ['ignore', 'ignore', 'ignore']),
  sketch: row('reply', ['ignore', 'ignore', 'ignore']),
  reqsketchext: row('request', ['ignore', 'ignore', 'ignore']),
  reconcildiff: row('reply', ['ignore', 'ignore', 'ignore']),
  getuproof: whenReady('request'),
  uproof: whenReady('reply'),
  uttls: whenReady('reply'),
  getuttls: whenReady('request'),
  usummary: whenReady('announcement'),
  utreexotx: whenReady('announcement'),
  uroot: whenReady('reply'),
  geturoot: whenReady('request'),
  unknown: whenReady('announcement'),
}

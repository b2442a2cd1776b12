/**
 * The requests that one message answers which names them (BIP157, BIP152, and those of Utreexo).
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * https://github.com/bitcoin/bips/blob/master/bip-0152.mediawiki
 * @module
 */

import type { MessageOf } from '@sapwood/wire-codec'
import type { NodeRequestOf, ReplyOf } from '../contract/request-map.ts'

/**
 * Requests with one reply, which names its request by what both carry: the message that asks, and the one
 * that answers.
 */
export interface KeyedMessages {
  getCompactFilterHeaders: readonly ['getcfheaders', 'cfheaders']
  getCompactFilterCheckpoints: readonly ['getcfcheckpt', 'cfcheckpt']
  getBlockTransactions: readonly ['getblocktxn', 'blocktxn']
  getUtreexoProof: readonly ['getuproof', 'uproof']
  getUtreexoRoots: readonly ['geturoot', 'uroot']
  getUtreexoTtls: readonly ['getuttls', 'uttls']
}

export type KeyedType = keyof KeyedMessages
export type KeyedAsk = KeyedMessages[KeyedType][0]
export type KeyedReply = KeyedMessages[KeyedType][1]

type AskOf<Type extends KeyedType> = MessageOf<KeyedMessages[Type][0]>
type AnswerOf<Type extends KeyedType> = MessageOf<KeyedMessages[Type][1]>

/** All that is particular to one keyed request: the rest is the same for each (`KeyedReplies`). */
export interface KeyedRequest<Type extends KeyedType> {
  readonly ask: KeyedMessages[Type][0]
  readonly reply: KeyedMessages[Type][1]
  readonly message: (request: NodeRequestOf<Type>) => AskOf<Type>
  /** The bytes by which a reply names the request that this message makes: a hash, mostly. */
  readonly keyOfAsk: (message: AskOf<Type>) => Uint8Array
  /** Undefined for a reply that names none. */
  readonly keyOfReply: (message: AnswerOf<Type>) => Uint8Array | undefined
  /** What whoever asked is given. */
  readonly value: (message: AnswerOf<Type>) => ReplyOf<Type>
  /** The reply may be larger than all other messages: the transport is told while one is expected. */
  readonly large?: true
}

export const keyedRequests: { readonly [Type in KeyedType]: KeyedRequest<Type> } = {
  // BIP157.
  getCompactFilterHeaders: {
    ask: 'getcfheaders',
    reply: 'cfheaders',
    message: ({ filterType = 0, startHeight, stopHash }) => ({
      type: 'getcfheaders',
      filterType,
      startHeight,
      stopHash,
    }),
    keyOfAsk: ({ stopHash }) => stopHash,
    keyOfReply: ({ stopHash }) => stopHash,
    value: (message) => message,
  },
  getCompactFilterCheckpoints: {
    ask: 'getcfcheckpt',
    reply: 'cfcheckpt',
    message: ({ filterType = 0, stopHash }) => ({ type: 'getcfcheckpt', filterType, stopHash }),
    keyOfAsk: ({ stopHash }) => stopHash,
    keyOfReply: ({ stopHash }) => stopHash,
    value: (message) => message,
  },
  // BIP152.
  getBlockTransactions: {
    ask: 'getblocktxn',
    reply: 'blocktxn',
    message: ({ blockHash, indexes }) => ({
      type: 'getblocktxn',
      blockHash,
      indexes: Uint16Array.from(indexes),
    }),
    keyOfAsk: ({ blockHash }) => blockHash,
    keyOfReply: ({ blockHash }) => blockHash,
    value: ({ transactions }) => transactions,
  },
  // Utreexo.
  getUtreexoProof: {
    ask: 'getuproof',
    reply: 'uproof',
    message: ({ request }) => ({ type: 'getuproof', request }),
    keyOfAsk: ({ request }) => request.blockHash,
    keyOfReply: ({ proof }) => proof.blockHash,
    value: ({ proof }) => proof,
    large: true,
  },
  getUtreexoRoots: {
    ask: 'geturoot',
    reply: 'uroot',
    message: ({ blockHash }) => ({ type: 'geturoot', blockHash }),
    keyOfAsk: ({ blockHash }) => blockHash,
    keyOfReply: ({ state }) => state.blockHash,
    value: ({ state }) => state,
  },
  getUtreexoTtls: {
    ask: 'getuttls',
    reply: 'uttls',
    message: ({ request }) => ({ type: 'getuttls', request }),
    keyOfAsk: ({ request }) => heightKey(request.startHeight),
    keyOfReply: ({ ttls }) => ttls.blocks[0] && heightKey(ttls.blocks[0].height),
    value: ({ ttls }) => ttls,
  },
}

function heightKey(height: number): Uint8Array {
  return Uint8Array.of(height, height >>> 8, height >>> 16, height >>> 24)
}

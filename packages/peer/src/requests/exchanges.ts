import { InventoryPayload, isTransactionEntry, type Message, type MessageOf } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { NodeRequestOf, ReplyHandle, RequestType } from '../contract/request-map.ts'
import type { AskedBy } from './asked-by.ts'
import {
  type KeyedAsk,
  type KeyedReply,
  type KeyedRequest,
  keyedRequests,
  type KeyedType,
} from './keyed-requests.ts'
import type { PendingFacts, PendingRequest } from './pending-request.ts'
import type { RequestTopics } from './request-topics.ts'

/** A request as it is made: a promise or a stream, and what drives it. */
export type PendingOf<Type extends RequestType> = PendingRequest & { readonly handle: ReplyHandle<Type> }

type Create<Type extends RequestType> = (
  topics: RequestTopics,
  request: NodeRequestOf<Type>,
  facts: PendingFacts,
) => PendingOf<Type>
type Note<Type extends Message['type']> = (topics: RequestTopics, message: MessageOf<Type>) => void
type Claim<Type extends Message['type']> = (
  topics: RequestTopics,
  message: MessageOf<Type>,
  received: Received,
) => AskedBy

/** How a reply came. */
export interface Received {
  /** Its bytes: long lists are read from them, and made by whoever they are for. */
  readonly payload: Uint8Array
  /** When it was read. */
  readonly at: Instant
}

/** Requests of topics of their own: their replies name no request, come in parts, or answer many at once. */
const creators: { readonly [Type in Exclude<RequestType, KeyedType>]: Create<Type> } = {
  getHeaders: ({ headers }, request, facts) => headers.create(request, facts),
  getBlocks: ({ blocks }, request, facts) => blocks.create(request, facts),
  getRawBlocks: ({ blocks }, request, facts) => blocks.createRaw(request, facts),
  getTransactions: ({ transactions }, request, facts) => transactions.create(request, facts),
  getAddresses: ({ addresses }, _, facts) => addresses.create(facts),
  getMempool: ({ mempool }, _, facts) => mempool.create(facts),
  ping: ({ pings }, _, facts) => pings.create(facts),
  getCompactFilters: ({ filters }, request, facts) => filters.create(request, facts),
}

/** Messages of the topics whose replies, where the owner sends them by itself, are the owner's. */
type TopicAsk = 'getheaders' | 'getaddr' | 'getdata' | 'getcfilters'
const notes: { readonly [Type in TopicAsk]: Note<Type> } = {
  getheaders: ({ headers }, { locator, stopHash }) => headers.ownerAsked(locator, stopHash),
  getaddr: ({ addresses }) => addresses.asked(),
  getdata: ({ expectations }, { inventory }) => {
    for (const { type, hash } of inventory) expectations.add(askedAs(type), hash, 'owner')
  },
  getcfilters: ({ expectations }, { stopHash }) => expectations.addStream(stopHash, 'owner'),
}

/**
 * Messages that answer requests of the topics; a `block` does as well, and is claimed before it is decoded.
 */
type TopicReply = 'pong' | 'headers' | 'tx' | 'notfound' | 'cfilter'
const claims: { readonly [Type in TopicReply]: Claim<Type> } = {
  pong: ({ pings }, { nonce }) => pings.claim(nonce),
  headers: ({ headers }, message, { payload, at }) => headers.claim(message, payload, at),
  tx: ({ transactions }, { transaction }) => transactions.claim(transaction),
  notfound: (topics, _, { payload }) => claimNotFound(topics, InventoryPayload.of(payload)),
  cfilter: ({ filters }, filter) => filters.claim(filter),
}

/** Replies that a request of ours may have asked for. */
export type ClaimedReply = KeyedReply | TopicReply | 'block'
/** Replies that no request asks for: they are the owner's as they come, and count against the limits. */
export type UnclaimedReply = 'merkleblock' | 'sketch' | 'reconcildiff'
/** Messages that ask, and whose replies are known by it. */
export type NotedAsk = KeyedAsk | TopicAsk
/** Messages that ask, and whose answers are announcements, or replies of which nothing is known. */
export type UnnotedAsk = 'getblocks' | 'mempool' | 'reqrecon' | 'reqsketchext'

const createByType: ReadonlyMap<string, Create<RequestType>> = new Map([
  ...(Object.entries(creators) as [string, Create<RequestType>][]),
  ...Object.keys(keyedRequests).map((type): [string, Create<RequestType>] => [type, createKeyed]),
])

// To whom each belongs is said by the table; which of them it is, is lost to the types here.
const descriptors = Object.values(keyedRequests) as KeyedRequest<KeyedType>[]

const noteByType: ReadonlyMap<string, Note<Message['type']>> = new Map([
  ...(Object.entries(notes) as [string, Note<Message['type']>][]),
  ...descriptors.map((descriptor): [string, Note<Message['type']>] => [
    descriptor.ask,
    ({ keyed }, message) => keyed.ownerAsked(descriptor, message as MessageOf<KeyedAsk>),
  ]),
])

const claimByType: ReadonlyMap<string, Claim<Message['type']>> = new Map([
  ...(Object.entries(claims) as [string, Claim<Message['type']>][]),
  ...descriptors.map((descriptor): [string, Claim<Message['type']>] => [
    descriptor.reply,
    ({ keyed }, message, { at }) => keyed.claim(descriptor, message as MessageOf<KeyedReply>, at),
  ]),
])

/** Makes a request; it is put to the remote by its `begin`. */
export function createRequest<Type extends RequestType>(
  topics: RequestTopics,
  request: NodeRequestOf<Type>,
  facts: PendingFacts,
): PendingOf<Type> {
  // The table has a creator for each type: it does not compile without one.
  const create = createByType.get(request.type) as unknown as Create<Type>
  return create(topics, request, facts)
}

/** What the owner sends by itself: replies to it are the owner's, not unrequested. */
export function noteSent(topics: RequestTopics, message: Message): void {
  noteByType.get(message.type)?.(topics, message)
}

/** Takes a reply to whoever asked for it. */
export function claimReply(topics: RequestTopics, message: Message, received: Received): AskedBy {
  return claimByType.get(message.type)?.(topics, message, received) ?? 'none'
}

function createKeyed(
  { keyed }: RequestTopics,
  request: NodeRequestOf<RequestType>,
  facts: PendingFacts,
): PendingOf<RequestType> {
  return keyed.create(request as NodeRequestOf<KeyedType>, facts) as unknown as PendingOf<RequestType>
}

function claimNotFound(
  { blocks, transactions, expectations }: RequestTopics,
  entries: InventoryPayload,
): AskedBy {
  let askedBy: AskedBy = 'none'
  for (const { type, hash } of entries) {
    const reply = askedAs(type)
    const wanted = (reply === 'block' ? blocks : transactions).notFound(hash)
    const expected = expectations.take(reply, hash)
    if (expected === 'owner') askedBy = 'owner'
    else if (askedBy === 'none' && (wanted || expected !== undefined)) askedBy = expected ?? 'request'
  }
  return askedBy
}

const askedAs = (entryType: number): 'transaction' | 'block' =>
  isTransactionEntry(entryType) ? 'transaction' : 'block'

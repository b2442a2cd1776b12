import {
  type Block,
  type BlockHash,
  type BlockHeader,
  InventoryType,
  type InventoryVector,
  type Message,
  type MessageOf,
  type Transaction,
  txid,
  type UtreexoProof,
  type UtreexoRoots,
  type UtreexoTtls,
  WITNESS_FLAG,
  wtxid,
} from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { DisconnectReason } from '../contract/disconnect-reason.ts'
import type { AddressRequests } from './address-requests.ts'
import type { ArrivedBlock } from './block-requests.ts'
import { Expectations, type ExpectedReply } from './expectations.ts'
import type { KeyedReplies } from './keyed-replies.ts'
import type { PendingFacts, PendingRequest } from './pending-request.ts'
import type {
  CompactFilter,
  CompactFilterCheckpoints,
  CompactFilterHeaders,
  NodeRequestOf,
  ReplyHandle,
  RequestOutcome,
  RequestType,
} from '../contract/request-map.ts'
import { RequestTopics, type TopicOptions } from './request-topics.ts'

export interface TrackerOptions extends TopicOptions {
  readonly send: (message: Message) => void
  /** Whether a message of `command` is expected that may be larger than all others. */
  readonly expectLarge: (command: string, expected: boolean) => void
  readonly onEnd: (pending: PendingRequest, outcome: RequestOutcome) => void
  /** `nextDeadline` has come nearer. */
  readonly onDeadline: () => void
}

/**
 * Who asked for a reply that has come: a request that is open (or `abandoned`, given up since), the owner by `send()`,
 * or nobody.
 */
export type AskedBy = 'request' | 'owner' | 'abandoned' | 'none'

type PendingOf<Type extends RequestType> = PendingRequest & { readonly handle: ReplyHandle<Type> }
type Creators = {
  readonly [Type in RequestType]: (
    topics: RequestTopics,
    request: NodeRequestOf<Type>,
    facts: PendingFacts,
  ) => PendingOf<Type>
}

/** All requests of one connection: made, matched to their replies by content, timed out, ended. */
export class RequestTracker {
  readonly #options: TrackerOptions
  readonly #expectations = new Expectations()
  readonly #pending = new Set<PendingRequest>()
  readonly #topics: RequestTopics
  #earliest = Number.POSITIVE_INFINITY

  constructor(options: TrackerOptions) {
    this.#options = options
    this.#topics = new RequestTopics(options, { send: this.#send, expectations: this.#expectations })
  }

  get addresses(): AddressRequests {
    return this.#topics.addresses
  }

  get size(): number {
    return this.#pending.size
  }

  blocksInFlight(): BlockHash[] {
    return this.#topics.blocks.inFlight()
  }

  /** Makes a request; it is put to the remote by its `begin`. */
  create<Type extends RequestType>(request: NodeRequestOf<Type>, timeout: number): PendingOf<Type> {
    const type: Type = request.type
    const facts: PendingFacts = {
      type,
      timeout,
      now: this.#options.now(),
      onEnd: this.#onEnd,
      onDeadline: this.#onDeadline,
    }
    const pending = creators[type](this.#topics, request, facts)
    this.#pending.add(pending)
    this.#onDeadline(pending.deadline)
    return pending
  }

  /** What the owner sends by itself: replies to it are the owner's, not unrequested. */
  noteSent(message: Message): void {
    switch (message.type) {
      case 'getheaders':
        this.#topics.headers.ownerAsked(message.locator, message.stopHash)
        break
      case 'getaddr':
        this.addresses.asked()
        break
      case 'getdata':
        for (const { type, hash } of message.inventory) {
          this.#expectations.add(isTransaction(type) ? 'transaction' : 'block', hash, 'owner')
        }
        break
      case 'getcfilters':
        this.#expectations.addStream(message.stopHash, 'owner')
        break
      case 'getcfheaders':
        this.#expectations.add('cfheaders', message.stopHash, 'owner')
        break
      case 'getcfcheckpt':
        this.#expectations.add('cfcheckpt', message.stopHash, 'owner')
        break
      case 'getuproof':
        this.#expectations.add('uproof', message.request.blockHash, 'owner')
        this.#options.expectLarge('uproof', true)
        break
      case 'geturoot':
        this.#expectations.add('uroot', message.blockHash, 'owner')
        break
      case 'getuttls':
        this.#expectations.add('uttls', heightKey(message.request.startHeight), 'owner')
        break
      case 'getblocktxn':
        this.#expectations.add('blocktxn', message.blockHash, 'owner')
        break
      default:
    }
  }

  /** Names a block from its payload, and says who asked for it. */
  arriveBlock(payload: Uint8Array): ArrivedBlock & { readonly askedBy: AskedBy } {
    const arrived = this.#topics.blocks.arrive(payload)
    const expected = this.#expectations.take('block', arrived.hash)
    // One that was given up and is asked for again is the answer to the request that is open.
    if (arrived.wanted && expected !== 'owner') return { ...arrived, askedBy: 'request' }
    return { ...arrived, askedBy: expected ?? 'none' }
  }

  deliverBlock(arrived: ArrivedBlock, block: Block | undefined, at: Instant): void {
    this.#topics.blocks.deliver(arrived, block, at)
  }

  malformedBlock(arrived: ArrivedBlock, error: unknown): void {
    this.#topics.blocks.malformed(arrived, error)
  }

  /** Each method from here on takes a reply and says who had asked for it. */
  headers(headers: readonly BlockHeader[]): AskedBy {
    return this.#topics.headers.receive(headers)
  }

  transaction(transaction: Transaction): AskedBy {
    const wanted = this.#topics.transactions.receive(transaction)
    const byTxid = this.#expectations.take('transaction', txid(transaction))
    const expected = byTxid ?? this.#expectations.take('transaction', wtxid(transaction))
    return expected ?? (wanted ? 'request' : 'none')
  }

  notFound(inventory: readonly InventoryVector[]): AskedBy {
    let askedBy: AskedBy = 'none'
    for (const { type, hash } of inventory) {
      const reply = isTransaction(type) ? 'transaction' : 'block'
      const wanted = (reply === 'block' ? this.#topics.blocks : this.#topics.transactions).notFound(hash)
      const expected = this.#expectations.take(reply, hash)
      if (expected === 'owner') askedBy = 'owner'
      else if (askedBy === 'none' && (wanted || expected !== undefined)) askedBy = expected ?? 'request'
    }
    return askedBy
  }

  mempool(message: MessageOf<'inv'>): void {
    this.#topics.mempool.receive(message)
  }

  pong(nonce: bigint, roundTrip: number): void {
    this.#topics.pings.answered(nonce, roundTrip)
  }

  filter(filter: CompactFilter): AskedBy {
    if (this.#topics.filters.receive(filter)) return 'request'
    return this.#expectations.takeLast(filter.blockHash)
  }

  filterHeaders(reply: CompactFilterHeaders): AskedBy {
    return this.#keyed(this.#topics.filterHeaders, 'cfheaders', reply.stopHash, reply)
  }

  filterCheckpoints(reply: CompactFilterCheckpoints): AskedBy {
    return this.#keyed(this.#topics.filterCheckpoints, 'cfcheckpt', reply.stopHash, reply)
  }

  blockTransactions(blockHash: BlockHash, transactions: readonly Transaction[]): AskedBy {
    return this.#keyed(this.#topics.blockTransactions, 'blocktxn', blockHash, transactions)
  }

  utreexoProof(proof: UtreexoProof): AskedBy {
    const askedBy = this.#keyed(this.#topics.utreexoProofs, 'uproof', proof.blockHash, proof)
    this.#proofSettled()
    return askedBy
  }

  utreexoRoots(state: UtreexoRoots): AskedBy {
    return this.#keyed(this.#topics.utreexoRoots, 'uroot', state.blockHash, state)
  }

  utreexoTtls(ttls: UtreexoTtls): AskedBy {
    const [first] = ttls.blocks
    return first === undefined
      ? 'none'
      : this.#keyed(this.#topics.utreexoTtls, 'uttls', heightKey(first.height), ttls)
  }

  /** The earliest time at which a request may run out of time. */
  get nextDeadline(): number {
    return this.#earliest
  }

  /** Ends what has run out of time. */
  expire(now: Instant): void {
    if (now < this.#earliest) return
    for (const pending of [...this.#pending]) if (pending.deadline <= now) pending.expire()
    this.#updateEarliest()
  }

  /** We did not read for a while: that time is not held against the remote. */
  excuse(milliseconds: number): void {
    for (const pending of this.#pending) pending.deadline += milliseconds
    this.#updateEarliest()
  }

  endAll(reason: DisconnectReason): void {
    for (const pending of [...this.#pending]) pending.disconnected(reason)
  }

  #keyed<Reply>(
    topic: KeyedReplies<Reply>,
    expected: ExpectedReply,
    hash: Uint8Array,
    reply: Reply,
  ): AskedBy {
    if (topic.answer(hash, reply)) return 'request'
    return this.#expectations.take(expected, hash) ?? 'none'
  }

  readonly #onDeadline = (deadline: number): void => {
    if (deadline >= this.#earliest) return
    this.#earliest = deadline
    this.#options.onDeadline()
  }

  readonly #send = (message: Message): void => {
    if (message.type === 'getuproof') this.#options.expectLarge('uproof', true)
    this.#options.send(message)
  }

  /** A proof that was given up may still come: it is expected until it has. */
  #proofSettled(): void {
    if (!this.#topics.awaitsUtreexoProof) this.#options.expectLarge('uproof', false)
  }

  readonly #onEnd = (pending: PendingRequest, outcome: RequestOutcome): void => {
    this.#pending.delete(pending)
    this.#options.onEnd(pending, outcome)
  }

  /** Deadlines of streams move; those that moved back are seen when the earliest known one passes. */
  #updateEarliest(): void {
    let earliest = Number.POSITIVE_INFINITY
    for (const pending of this.#pending) earliest = Math.min(earliest, pending.deadline)
    this.#earliest = earliest
  }
}

/** How each request is made: one table for all connections. */
const creators: Creators = {
  getHeaders: (topics, request, facts) => topics.headers.create(request, facts),
  getBlocks: (topics, request, facts) => topics.blocks.create(request, facts),
  getRawBlocks: (topics, request, facts) => topics.blocks.createRaw(request, facts),
  getTransactions: (topics, request, facts) => topics.transactions.create(request, facts),
  getAddresses: (topics, _, facts) => topics.addresses.create(facts),
  getMempool: (topics, _, facts) => topics.mempool.create(facts),
  ping: (topics, _, facts) => topics.pings.create(facts),
  getCompactFilters: (topics, request, facts) => topics.filters.create(request, facts),
  getCompactFilterHeaders: (topics, { filterType = 0, startHeight, stopHash }, facts) =>
    topics.filterHeaders.create({ type: 'getcfheaders', filterType, startHeight, stopHash }, stopHash, facts),
  getCompactFilterCheckpoints: (topics, { filterType = 0, stopHash }, facts) =>
    topics.filterCheckpoints.create({ type: 'getcfcheckpt', filterType, stopHash }, stopHash, facts),
  getBlockTransactions: (topics, { blockHash, indexes }, facts) =>
    topics.blockTransactions.create(
      { type: 'getblocktxn', blockHash, indexes: Uint16Array.from(indexes) },
      blockHash,
      facts,
    ),
  getUtreexoProof: (topics, { request }, facts) =>
    topics.utreexoProofs.create({ type: 'getuproof', request }, request.blockHash, facts),
  getUtreexoRoots: (topics, { blockHash }, facts) =>
    topics.utreexoRoots.create({ type: 'geturoot', blockHash }, blockHash, facts),
  getUtreexoTtls: (topics, { request }, facts) =>
    topics.utreexoTtls.create({ type: 'getuttls', request }, heightKey(request.startHeight), facts),
}

/** What a request and its reply share where there is no hash. */
function heightKey(height: number): Uint8Array {
  return Uint8Array.of(height, height >>> 8, height >>> 16, height >>> 24)
}

function isTransaction(inventoryType: number): boolean {
  const plain = inventoryType & ~WITNESS_FLAG
  return plain === InventoryType.TX || plain === InventoryType.WTX
}

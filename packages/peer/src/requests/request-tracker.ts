import {
  type Block,
  type BlockHash,
  type BlockHeader,
  InventoryType,
  type InventoryVector,
  type Message,
  type Transaction,
  txid,
  WITNESS_FLAG,
  wtxid,
} from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2'
import type { KeepAlive } from '../keep-alive/keep-alive.ts'
import type { DisconnectReason } from '../reasons/disconnect-reason.ts'
import { AddressRequests } from './address-requests.ts'
import { type ArrivedBlock, BlockRequests } from './block-requests.ts'
import { Expectations, type ExpectedReply } from './expectations.ts'
import { FilterRequests } from './filter-requests.ts'
import { HeaderRequests } from './header-requests.ts'
import { KeyedReplies } from './keyed-replies.ts'
import { MempoolRequests } from './mempool-requests.ts'
import type { PendingFacts, PendingRequest, RequestOutcome } from './pending-request.ts'
import { PingRequests } from './ping-requests.ts'
import type {
  CompactFilter,
  CompactFilterCheckpoints,
  CompactFilterHeaders,
  NodeRequestOf,
  ReplyHandle,
  RequestType,
} from './request-map.ts'
import type { RequestOutput } from './request-output.ts'
import { TransactionRequests } from './transaction-requests.ts'

export interface TrackerOptions {
  readonly genesisHash: BlockHash
  /** The protocol version spoken, for messages that carry it. */
  readonly version: () => number
  readonly now: () => Instant
  readonly keepAlive: KeepAlive
  readonly send: (message: Message) => void
  /** A `getaddr` is leaving: more addresses may come than the rate allows. */
  readonly onAddressesAsked: () => void
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
  readonly [Type in RequestType]: (request: NodeRequestOf<Type>, facts: PendingFacts) => PendingOf<Type>
}

/** All requests of one connection: made, matched to their replies by content, timed out, ended. */
export class RequestTracker {
  readonly addresses: AddressRequests
  readonly #options: TrackerOptions
  readonly #expectations = new Expectations()
  readonly #pending = new Set<PendingRequest>()
  readonly #headers: HeaderRequests
  readonly #blocks: BlockRequests
  readonly #transactions: TransactionRequests
  readonly #mempool: MempoolRequests
  readonly #pings: PingRequests
  readonly #filters: FilterRequests
  readonly #filterHeaders: KeyedReplies<CompactFilterHeaders>
  readonly #filterCheckpoints: KeyedReplies<CompactFilterCheckpoints>
  readonly #blockTransactions: KeyedReplies<readonly Transaction[]>
  readonly #creators: Creators
  #earliest = Number.POSITIVE_INFINITY

  constructor(options: TrackerOptions) {
    this.#options = options
    const output: RequestOutput = { send: options.send, expectations: this.#expectations }
    this.#headers = new HeaderRequests(output, options.genesisHash, options.version)
    this.#blocks = new BlockRequests(output, options.now)
    this.#transactions = new TransactionRequests(output)
    this.addresses = new AddressRequests(output, options.onAddressesAsked)
    this.#mempool = new MempoolRequests(output)
    this.#pings = new PingRequests(output, options.keepAlive)
    this.#filters = new FilterRequests(output, options.now)
    this.#filterHeaders = new KeyedReplies(output, 'cfheaders')
    this.#filterCheckpoints = new KeyedReplies(output, 'cfcheckpt')
    this.#blockTransactions = new KeyedReplies(output, 'blocktxn')
    this.#creators = this.#makeCreators()
  }

  get size(): number {
    return this.#pending.size
  }

  blocksInFlight(): BlockHash[] {
    return this.#blocks.inFlight()
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
    const pending = this.#creators[type](request, facts)
    this.#pending.add(pending)
    this.#onDeadline(pending.deadline)
    return pending
  }

  /** What the owner sends by itself: replies to it are the owner's, not unrequested. */
  noteSent(message: Message): void {
    switch (message.type) {
      case 'getheaders':
        this.#headers.ownerAsked()
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
      case 'getblocktxn':
        this.#expectations.add('blocktxn', message.blockHash, 'owner')
        break
      default:
    }
  }

  /** Names a block from its payload, and says who asked for it. */
  arriveBlock(payload: Uint8Array): ArrivedBlock & { readonly askedBy: AskedBy } {
    const arrived = this.#blocks.arrive(payload)
    const expected = this.#expectations.take('block', arrived.hash)
    return { ...arrived, askedBy: expected ?? (arrived.wanted ? 'request' : 'none') }
  }

  deliverBlock(arrived: ArrivedBlock, block: Block | undefined, at: Instant): void {
    this.#blocks.deliver(arrived, block, at)
  }

  malformedBlock(arrived: ArrivedBlock, error: unknown): void {
    this.#blocks.malformed(arrived, error)
  }

  /** Each method from here on takes a reply and says who had asked for it. */
  headers(headers: readonly BlockHeader[]): AskedBy {
    return this.#headers.receive(headers)
  }

  transaction(transaction: Transaction): AskedBy {
    const wanted = this.#transactions.receive(transaction)
    const byTxid = this.#expectations.take('transaction', txid(transaction))
    const expected = byTxid ?? this.#expectations.take('transaction', wtxid(transaction))
    return expected ?? (wanted ? 'request' : 'none')
  }

  notFound(inventory: readonly InventoryVector[]): AskedBy {
    let askedBy: AskedBy = 'none'
    for (const { type, hash } of inventory) {
      const reply = isTransaction(type) ? 'transaction' : 'block'
      const wanted = (reply === 'block' ? this.#blocks : this.#transactions).notFound(hash)
      const expected = this.#expectations.take(reply, hash)
      if (expected === 'owner') askedBy = 'owner'
      else if (askedBy === 'none' && (wanted || expected !== undefined)) askedBy = expected ?? 'request'
    }
    return askedBy
  }

  mempool(inventory: readonly InventoryVector[]): void {
    this.#mempool.receive(inventory)
  }

  pong(nonce: bigint, roundTrip: number): void {
    this.#pings.answered(nonce, roundTrip)
  }

  filter(filter: CompactFilter): AskedBy {
    if (this.#filters.receive(filter)) return 'request'
    return this.#expectations.takeLast(filter.blockHash)
  }

  filterHeaders(reply: CompactFilterHeaders): AskedBy {
    return this.#keyed(this.#filterHeaders, 'cfheaders', reply.stopHash, reply)
  }

  filterCheckpoints(reply: CompactFilterCheckpoints): AskedBy {
    return this.#keyed(this.#filterCheckpoints, 'cfcheckpt', reply.stopHash, reply)
  }

  blockTransactions(blockHash: BlockHash, transactions: readonly Transaction[]): AskedBy {
    return this.#keyed(this.#blockTransactions, 'blocktxn', blockHash, transactions)
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

  #makeCreators(): Creators {
    return {
      getHeaders: (request, facts) => this.#headers.create(request, facts),
      getBlocks: (request, facts) => this.#blocks.create(request, facts),
      getRawBlocks: (request, facts) => this.#blocks.createRaw(request, facts),
      getTransactions: (request, facts) => this.#transactions.create(request, facts),
      getAddresses: (_, facts) => this.addresses.create(facts),
      getMempool: (_, facts) => this.#mempool.create(facts),
      ping: (_, facts) => this.#pings.create(facts),
      getCompactFilters: (request, facts) => this.#filters.create(request, facts),
      getCompactFilterHeaders: ({ filterType = 0, startHeight, stopHash }, facts) =>
        this.#filterHeaders.create(
          { type: 'getcfheaders', filterType, startHeight, stopHash },
          stopHash,
          facts,
        ),
      getCompactFilterCheckpoints: ({ filterType = 0, stopHash }, facts) =>
        this.#filterCheckpoints.create({ type: 'getcfcheckpt', filterType, stopHash }, stopHash, facts),
      getBlockTransactions: ({ blockHash, indexes }, facts) =>
        this.#blockTransactions.create(
          { type: 'getblocktxn', blockHash, indexes: Uint16Array.from(indexes) },
          blockHash,
          facts,
        ),
    }
  }
}

function isTransaction(inventoryType: number): boolean {
  const plain = inventoryType & ~WITNESS_FLAG
  return plain === InventoryType.TX || plain === InventoryType.WTX
}

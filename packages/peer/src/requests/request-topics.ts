import type { BlockHash } from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import { AddressRequests } from './address-requests.ts'
import { BlockRequests } from './block-requests.ts'
import { FilterRequests } from './filter-requests.ts'
import { HeaderRequests } from './header-requests.ts'
import { KeyedReplies } from './keyed-replies.ts'
import { MempoolRequests } from './mempool-requests.ts'
import { type PingNonces, PingRequests } from './ping-requests.ts'
import type { Expectations } from './expectations.ts'
import type { RequestOutput } from './request-output.ts'
import { TransactionRequests } from './transaction-requests.ts'

export interface TopicOptions {
  readonly genesisHash: BlockHash
  /** The protocol version spoken, for messages that carry it. */
  readonly version: () => number
  /** For deadlines of what is asked next. */
  readonly now: () => Instant
  readonly pingNonces: PingNonces
  /** A `getaddr` is leaving: more addresses may come than the rate allows. */
  readonly onAddressesAsked: () => void
}

/** One object for each kind of request, made when the first is: an idle connection has none of them. */
export class RequestTopics {
  readonly #options: TopicOptions
  readonly #output: RequestOutput
  #headers: HeaderRequests | undefined
  #blocks: BlockRequests | undefined
  #transactions: TransactionRequests | undefined
  #addresses: AddressRequests | undefined
  #mempool: MempoolRequests | undefined
  #pings: PingRequests | undefined
  #filters: FilterRequests | undefined
  #keyed: KeyedReplies | undefined

  constructor(options: TopicOptions, output: RequestOutput) {
    this.#options = options
    this.#output = output
  }

  get expectations(): Expectations {
    return this.#output.expectations
  }

  get headers(): HeaderRequests {
    const { genesisHash, version } = this.#options
    return (this.#headers ??= new HeaderRequests(this.#output, genesisHash, version))
  }

  get blocks(): BlockRequests {
    return (this.#blocks ??= new BlockRequests(this.#output, this.#options.now))
  }

  get transactions(): TransactionRequests {
    return (this.#transactions ??= new TransactionRequests(this.#output))
  }

  get addresses(): AddressRequests {
    return (this.#addresses ??= new AddressRequests(this.#output, this.#options.onAddressesAsked))
  }

  get mempool(): MempoolRequests {
    return (this.#mempool ??= new MempoolRequests(this.#output))
  }

  get pings(): PingRequests {
    return (this.#pings ??= new PingRequests(this.#output, this.#options.pingNonces))
  }

  get filters(): FilterRequests {
    return (this.#filters ??= new FilterRequests(this.#output, this.#options.now))
  }

  get keyed(): KeyedReplies {
    return (this.#keyed ??= new KeyedReplies(this.#output))
  }
}

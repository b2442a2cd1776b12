/**
 * Compact block filters of a range of blocks (BIP157).
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import { asBlockHash, type BlockHash, bytesEqual, MAX_FILTERS_PER_REQUEST } from '@sapwood/wire-codec'
import { holdsMuchMore, type Instant } from '@sapwood/transport-v1v2/environment'
import type { AskedBy } from './asked-by.ts'
import type { PendingFacts, PendingHooks } from './pending-request.ts'
import { ReplyStream } from './reply-stream.ts'
import type { CompactFilter, ParametersOf } from '../contract/request-map.ts'
import type { RequestOutput } from './request-output.ts'

/**
 * Filters of one request that may wait for the caller to read them: 64 MiB, twice what 1,000 of mainnet's
 * have. A single filter may have 4 MB, so that their number alone bounds nothing.
 */
const MAX_UNREAD_FILTER_BYTES: number = 64 * 1024 * 1024

interface FilterRequest {
  readonly stream: ReplyStream<CompactFilter>
  readonly filterType: number
  readonly stopHash: BlockHash
  readonly ask: () => void
  received: number
}

/**
 * BIP157 `getcfilters`. A `cfilter` names its block and not its request, so one request is under way at a
 * time and the others wait their turn.
 */
export class FilterRequests {
  readonly #output: RequestOutput
  readonly #now: () => Instant
  readonly #queue: FilterRequest[] = []

  constructor(output: RequestOutput, now: () => Instant) {
    this.#output = output
    this.#now = now
  }

  create(
    { filterType = 0, startHeight, stopHash }: ParametersOf<'getCompactFilters'>,
    facts: PendingFacts,
  ): ReplyStream<CompactFilter> {
    let request: FilterRequest | undefined
    const hooks: PendingHooks = {
      begin: () => {
        request = {
          stream,
          filterType,
          stopHash,
          received: 0,
          ask: () => {
            stream.deadline = this.#now() + facts.timeout
            try {
              this.#output.send({ type: 'getcfilters', filterType, startHeight, stopHash })
            } catch (cause) {
              // Its turn may come long after it was made: nobody up the stack is there to refuse it.
              const error = stream.error('invalid-argument', 'the request does not fit the wire', { cause })
              stream.fail('refused', error)
            }
          },
        }
        this.#queue.push(request)
        if (this.#queue[0] === request) request.ask()
      },
      end: (outcome) => {
        if (request === undefined) return
        const position = this.#queue.indexOf(request)
        this.#queue.splice(position, 1)
        if (position !== 0) return
        if (outcome !== 'answered' && outcome !== 'refused')
          this.#output.expectations.addStream(stopHash, 'abandoned')
        if (outcome !== 'disconnected') this.#queue[0]?.ask()
      },
    }
    const stream = new ReplyStream<CompactFilter>(facts, hooks, { sizeOf: ({ filter }) => filter.length })
    return stream
  }

  /** @returns Who had asked for it. */
  claim(filter: CompactFilter): AskedBy {
    if (this.#deliver(filter)) return 'request'
    return this.#output.expectations.takeLast(filter.blockHash)
  }

  #deliver(filter: CompactFilter): boolean {
    const current = this.#queue[0]
    if (current === undefined || current.filterType !== filter.filterType) return false
    // A remote that never sends the stop block's filter must not fill our memory.
    if (current.received === MAX_FILTERS_PER_REQUEST) return false
    const { stream } = current
    if (stream.bufferedBytes + filter.filter.length > MAX_UNREAD_FILTER_BYTES) {
      const limit = MAX_UNREAD_FILTER_BYTES
      const message = `more than ${limit} bytes of filters wait to be read`
      stream.fail('aborted', stream.error('reply-too-large', message, { limit }))
      // This one, and those that follow, are answers to a request that was given up.
      return false
    }
    current.received += 1
    stream.deadline = this.#now() + stream.timeout
    stream.push(inOwnBytes(filter))
    if (bytesEqual(filter.blockHash, current.stopHash)) stream.finish()
    return true
  }
}

/** What waits to be read must not hold a chunk of many times its size in which it came. */
function inOwnBytes(answer: CompactFilter): CompactFilter {
  const { blockHash, filter } = answer
  if (!holdsMuchMore(filter)) return answer
  return { ...answer, blockHash: asBlockHash(blockHash.slice()), filter: filter.slice() }
}

import {
  type BlockHash,
  type BlockHeader,
  blockHash,
  bytesEqual,
  decodeHeader,
  HEADER_SIZE,
  type MessageOf,
} from '@sapwood/wire-codec'
import type { Instant } from '@sapwood/transport-v1v2/environment'
import type { AskedBy } from './asked-by.ts'
import { hashKey } from './hash-key.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { ParametersOf } from '../contract/request-map.ts'
import type { RequestOutput } from './request-output.ts'

/** "As many as fit." */
const NO_STOP = new Uint8Array(32) as BlockHash
/**
 * Requests remembered that nobody waits for, at most; the oldest are forgotten first, and lose nothing by it.
 */
const MAX_REMEMBERED = 100
/** The first byte of a count that takes three; of 2,000 headers at most none is longer. */
const THREE_BYTE_COUNT = 0xfd

/** A `getheaders` that has been sent, and whose answer has not come. */
interface Asked {
  readonly locator: ReadonlySet<string>
  readonly stopHash: BlockHash
  /** `owner`: sent by `send`. `abandoned`: by a request that was given up since, and then has no `reply`. */
  by: Exclude<AskedBy, 'none'>
  reply: ReplyPromise<readonly BlockHeader[]> | undefined
  /** Until when its answer is not late. */
  due: number
}

/**
 * `getheaders` and its `headers`. The reply carries no reference to its request: headers belong to the oldest
 * request whose locator they connect to, an empty reply to the oldest of all. One that fits no request but
 * one that was given up is its late answer, and dropped: once for each. Everything else is an announcement.
 */
export class HeaderRequests {
  readonly #output: RequestOutput
  readonly #genesis: string
  readonly #version: () => number
  /** In the order in which they were sent. */
  readonly #asked: Asked[] = []

  constructor(output: RequestOutput, genesisHash: BlockHash, version: () => number) {
    this.#output = output
    this.#genesis = hashKey(genesisHash)
    this.#version = version
  }

  create(
    { locator, stopHash = NO_STOP }: ParametersOf<'getHeaders'>,
    facts: PendingFacts,
  ): ReplyPromise<readonly BlockHeader[]> {
    let asked: Asked | undefined
    const reply = new ReplyPromise<readonly BlockHeader[]>(facts, {
      begin: () => {
        asked = {
          locator: new Set(locator.map(hashKey)),
          stopHash,
          by: 'request',
          reply,
          due: reply.deadline,
        }
        this.#asked.push(asked)
        this.#output.send({ type: 'getheaders', version: this.#version(), locator, stopHash })
      },
      end: (outcome) => {
        if (asked === undefined) return
        if (outcome === 'answered' || outcome === 'refused' || outcome === 'disconnected') {
          this.#asked.splice(this.#asked.indexOf(asked), 1)
          return
        }
        asked.by = 'abandoned'
        asked.reply = undefined
        asked.due = reply.deadline
        this.#forgetOldest()
      },
    })
    return reply
  }

  /** The owner sent a `getheaders` of its own. */
  ownerAsked(locator: readonly BlockHash[], stopHash: BlockHash): void {
    this.#asked.push({
      locator: new Set(locator.map(hashKey)),
      stopHash,
      by: 'owner',
      reply: undefined,
      due: Number.POSITIVE_INFINITY,
    })
    this.#forgetOldest()
  }

  /**
   * The list itself is made for the request that it answers alone: what waits for the owner waits as bytes.
   * @returns Who had asked; 'none' for an announcement.
   */
  claim(message: MessageOf<'headers'>, payload: Uint8Array, at: Instant): AskedBy {
    if (this.#asked.length === 0) return 'none'
    const asked = this.#match(firstHeader(payload), at)
    if (asked === undefined) return 'none'
    this.#forgetBefore(asked)
    const { by } = asked
    if (asked.reply === undefined) this.#asked.splice(this.#asked.indexOf(asked), 1)
    else asked.reply.answer(message.headers)
    return by
  }

  /**
   * Whoever still waits comes first: given to a request that nobody waits for, what it needs would be lost.
   */
  #match(first: BlockHeader | undefined, at: Instant): Asked | undefined {
    if (first === undefined) return this.#matchEmpty(at)
    const previous = hashKey(first.previousBlockHash)
    const fits = ({ locator, stopHash }: Asked): boolean =>
      locator.size === 0
        ? bytesEqual(blockHash(first), stopHash)
        : locator.has(previous) || previous === this.#genesis
    return (
      this.#asked.find((asked) => asked.by === 'request' && fits(asked)) ??
      this.#asked.find((asked) => asked.by === 'owner' && fits(asked)) ??
      this.#asked.find(fits)
    )
  }

  /** A request that was withdrawn, and is not out of time, is answered like any other. */
  #matchEmpty(at: Instant): Asked | undefined {
    return (
      this.#asked.find(({ by, due }) => by === 'request' || (by === 'abandoned' && at < due)) ??
      this.#asked.find(({ by }) => by === 'owner') ??
      this.#asked[0]
    )
  }

  /**
   * Answers come in the order of the requests: those given up before the one that is answered get none any
   * more.
   */
  #forgetBefore(answered: Asked): void {
    for (let n = this.#asked.indexOf(answered) - 1; n >= 0; n -= 1) {
      if (this.#asked[n]!.by === 'abandoned') this.#asked.splice(n, 1)
    }
  }

  #forgetOldest(): void {
    const remembered = this.#asked.filter(({ by }) => by !== 'request')
    if (remembered.length > MAX_REMEMBERED) this.#asked.splice(this.#asked.indexOf(remembered[0]!), 1)
  }
}

/** Of a `headers` that decodes. */
function firstHeader(payload: Uint8Array): BlockHeader | undefined {
  if (payload.length < HEADER_SIZE) return undefined
  return decodeHeader(payload.subarray(payload[0]! < THREE_BYTE_COUNT ? 1 : 3))
}

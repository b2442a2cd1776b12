import { type BlockHash, type BlockHeader, blockHash, bytesEqual } from '@sapwood/wire-codec'
import { hashKey } from './hash-key.ts'
import type { PendingFacts } from './pending-request.ts'
import { ReplyPromise } from './reply-promise.ts'
import type { ParametersOf } from './request-map.ts'
import type { RequestOutput } from './request-output.ts'

/** "As many as fit." */
const NO_STOP = new Uint8Array(32) as BlockHash
/** Late replies that are not announcements, at most. */
const MAX_ABANDONED = 100

interface OpenRequest {
  readonly reply: ReplyPromise<readonly BlockHeader[]>
  readonly locator: ReadonlySet<string>
  readonly stopHash: BlockHash
}

/**
 * `getheaders` and its `headers`. The reply carries no reference to its request: headers belong to the oldest request
 * whose locator they connect to, an empty reply to the oldest of all.
 */
export class HeaderRequests {
  readonly #output: RequestOutput
  readonly #genesis: string
  readonly #version: () => number
  readonly #open: OpenRequest[] = []
  /** Replies still to come to requests of the owner's own (`send`), and to those given up. */
  #owner = 0
  #abandoned = 0

  constructor(output: RequestOutput, genesisHash: BlockHash, version: () => number) {
    this.#output = output
    this.#genesis = hashKey(genesisHash)
    this.#version = version
  }

  create(
    { locator, stopHash = NO_STOP }: ParametersOf<'getHeaders'>,
    facts: PendingFacts,
  ): ReplyPromise<readonly BlockHeader[]> {
    let open: OpenRequest | undefined
    const reply = new ReplyPromise<readonly BlockHeader[]>(facts, {
      begin: () => {
        open = { reply, locator: new Set(locator.map(hashKey)), stopHash }
        this.#open.push(open)
        this.#output.send({ type: 'getheaders', version: this.#version(), locator, stopHash })
      },
      end: (outcome) => {
        if (open === undefined) return
        this.#open.splice(this.#open.indexOf(open), 1)
        if (outcome !== 'answered' && outcome !== 'refused')
          this.#abandoned = Math.min(this.#abandoned + 1, MAX_ABANDONED)
      },
    })
    return reply
  }

  /** The owner sent a `getheaders` of its own. */
  ownerAsked(): void {
    this.#owner += 1
  }

  /** @returns Who had asked; 'none' for an announcement. */
  receive(headers: readonly BlockHeader[]): 'request' | 'owner' | 'abandoned' | 'none' {
    const open = this.#match(headers)
    if (open !== undefined) {
      open.reply.answer(headers)
      return 'request'
    }
    if (this.#owner > 0) {
      this.#owner -= 1
      return 'owner'
    }
    if (this.#abandoned > 0) {
      this.#abandoned -= 1
      return 'abandoned'
    }
    return 'none'
  }

  #match(headers: readonly BlockHeader[]): OpenRequest | undefined {
    const first = headers[0]
    if (first === undefined) return this.#open[0]
    if (this.#open.length === 0) return undefined
    const previous = hashKey(first.previousBlockHash)
    return this.#open.find((open) =>
      open.locator.size === 0
        ? bytesEqual(blockHash(first), open.stopHash)
        : open.locator.has(previous) || previous === this.#genesis,
    )
  }
}

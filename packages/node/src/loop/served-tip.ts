import { type BlockHash, bytesEqual } from '@sapwood/wire-codec'
import type { ServingContext } from '@sapwood/peer'
import { type Clock, type Instant, SECOND, withDeadline } from '@sapwood/transport-v1v2/environment'
import { BLOCK_HOLD } from '../blocks/block-hold.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ServiceTable } from './service-table.ts'

/** A look for the last block that is there reads a few dozen blocks: it is taken no more often than this. */
const LOOK_PAUSE = 10 * SECOND
/** Longest that an answer waits for a look: what was seen by then counts. */
const LOOK_WAIT = SECOND

export interface ServedTipComponents {
  readonly chain: HeaderChain
  readonly clock: Clock
  readonly services: ServiceTable
}

/**
 * How far up the best chain blocks can be served. Headers run ahead of the blocks that a program has, at its
 * first start by hundreds of thousands: a peer that is told of them asks for their blocks, in vain. Bitcoin
 * Core, too, tells only of the chain whose blocks it has.
 */
export class ServedTip {
  readonly #parts: ServedTipComponents
  /** The highest block that was seen to be there. */
  #seen: BlockHash | undefined
  #looking: Promise<void> | undefined
  #lookedAt: Instant | undefined

  constructor(components: ServedTipComponents) {
    this.#parts = components
  }

  /**
   * Of the last block that can be served as far as it is known; where no block was ever seen, of the tip: a
   * program that keeps none has its headers to serve.
   */
  get height(): number {
    const { chain, services } = this.#parts
    if (services.answers.block === undefined || this.#seen === undefined) return chain.tip().height
    return this.#seenHeight()
  }

  /** Looks for it first, where it may have moved on. */
  async find(context: ServingContext): Promise<number> {
    if (this.#mayBeHigher()) this.#looking ??= this.#look(context).finally(() => (this.#looking = undefined))
    const looking = this.#looking
    if (looking !== undefined) {
      const { signal } = context
      await withDeadline(this.#parts.clock, LOOK_WAIT, () => looking, { signal }).catch(() => undefined)
    }
    return this.height
  }

  /** Whether a peer that asked for the block now would get it, and all else that is offered of it. */
  async has(hash: BlockHash, context: ServingContext): Promise<boolean> {
    try {
      const { clock, services } = this.#parts
      if (!services.isReady(hash)) return false
      // An answer that never comes is none: others wait for what is told after it.
      const look = (signal: AbortSignal): Promise<unknown> =>
        Promise.resolve(services.answers.block?.(hash, { ...context, signal }))
      const found = await withDeadline(clock, BLOCK_HOLD, look, { signal: context.signal })
      if (found !== undefined) this.saw(hash)
      return found !== undefined
    } catch {
      return false
    }
  }

  /** There may be blocks that there were not: whoever asks next is not told of what was there before. */
  recheck(): void {
    this.#lookedAt = undefined
  }

  /** The block was served. */
  saw(hash: BlockHash): void {
    const { chain, clock } = this.#parts
    if (!chain.isActive(hash) || chain.heightOf(hash)! <= this.#seenHeight()) return
    this.#seen = hash
    // There is nothing above it to look for.
    if (bytesEqual(hash, chain.tip().hash)) this.#lookedAt = clock.now()
  }

  /** Of the highest block in the best chain that was there, or that is below one that was. */
  #seenHeight(): number {
    return this.#seen === undefined ? 0 : (this.#parts.chain.forkPoint(this.#seen)?.height ?? 0)
  }

  #mayBeHigher(): boolean {
    const { chain, clock, services } = this.#parts
    if (services.answers.block === undefined || this.#seenHeight() === chain.tip().height) return false
    return this.#lookedAt === undefined || clock.now() - this.#lookedAt >= LOOK_PAUSE
  }

  /** From the tip downwards in steps that double, and then between the last two. */
  async #look(context: ServingContext): Promise<void> {
    const { chain, clock } = this.#parts
    this.#lookedAt = clock.now()
    let there = this.#seenHeight()
    let missing = chain.tip().height + 1
    const isThere = async (height: number): Promise<boolean> => {
      const hash = chain.hashAt(height)
      return hash !== undefined && (await this.has(hash, context))
    }
    for (let step = 1; missing - there > 1 && !context.signal.aborted; step *= 2) {
      const height = Math.max(there + 1, missing - step)
      if (await isThere(height)) there = height
      else missing = height
      if (there === height) break
    }
    while (missing - there > 1 && !context.signal.aborted) {
      const middle = there + Math.floor((missing - there) / 2)
      if (await isThere(middle)) there = middle
      else missing = middle
    }
  }
}

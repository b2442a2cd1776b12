import type { BlockHash } from '@sapwood/wire-codec'
import type { ServingContext } from '@sapwood/peer'
import { type Clock, type Instant, SECOND, withDeadline } from '@sapwood/transport-v1v2/environment'
import { BLOCK_HOLD } from '../blocks/block-hold.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ServiceTable } from '../connections/service-table.ts'

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
    if (!this.#isAtTip) {
      const { signal } = context
      const looking = (): Promise<void> => this.#lookAtTip(context)
      await withDeadline(this.#parts.clock, LOOK_WAIT, looking, { signal }).catch(() => undefined)
    }
    return this.height
  }

  /** Whether a peer that asked for the block now would get it, and all else that is offered of it. */
  async has(hash: BlockHash, context: ServingContext): Promise<boolean> {
    try {
      const { clock, services } = this.#parts
      if (!services.isReady(hash)) return false
      // An answer that never comes is none: others wait for what is told after it.
      const look = async (signal: AbortSignal): Promise<boolean> =>
        Boolean(await services.answers.block?.(hash, { ...context, signal }))
      const isThere = await withDeadline(clock, BLOCK_HOLD, look, { signal: context.signal })
      if (isThere) this.saw(hash)
      return isThere
    } catch {
      return false
    }
  }

  /** The block was served. */
  saw(hash: BlockHash): void {
    const { chain } = this.#parts
    if (!chain.isActive(hash)) return
    const height = chain.heightOf(hash)!
    // Ours: the one that was given is a view of what a remote sent.
    if (height > this.#seenHeight()) this.#seen = chain.hashAt(height)
  }

  /** Of the highest block in the best chain that was there, or that is below one that was. */
  #seenHeight(): number {
    return this.#seen === undefined ? 0 : (this.#parts.chain.forkPoint(this.#seen)?.height ?? 0)
  }

  get #isAtTip(): boolean {
    const { chain, services } = this.#parts
    return services.answers.block === undefined || this.#seenHeight() === chain.tip().height
  }

  /**
   * Whoever asked before the tip was there may never ask again: it is looked for each time, and what is below
   * it now and then, once for all who ask meanwhile.
   */
  async #lookAtTip(context: ServingContext): Promise<void> {
    const { chain, clock } = this.#parts
    if (await this.has(chain.tip().hash, context)) return
    if (this.#lookedAt === undefined || clock.now() - this.#lookedAt >= LOOK_PAUSE)
      this.#looking = this.#look(context).finally(() => (this.#looking = undefined))
    await this.#looking
  }

  /** From the tip downwards in steps that double, and then between the last two. */
  async #look(context: ServingContext): Promise<void> {
    const { chain, clock } = this.#parts
    this.#lookedAt = clock.now()
    let there = this.#seenHeight()
    let missing = chain.tip().height
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

/**
 * Compact block filters, client side: the blocks that a watcher looks at, and in which order.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import { bytesEqual, bytesToHex } from '@sapwood/wire-codec'
import { type Clock, WakeUp } from '@sapwood/transport-v1v2/environment'
import {
  type BlockRef,
  type FilteredBlockItem,
  type FilteredBlocks,
  type FilterPosition,
  isNodeError,
  type NodeErrorCode,
} from '../index.ts'
import type { WatchState } from './watch-state.ts'
import type { Lookback } from './watch-store.ts'
import type { WatchedNode } from './watcher.ts'

/** What says that the place of a watcher is worth nothing. */
const LOST: ReadonlySet<NodeErrorCode> = new Set(['filters-replaced', 'unknown-block'])

export interface WatchWalkComponents {
  readonly node: Pick<WatchedNode, 'chain' | 'filters'>
  readonly clock: Clock
  readonly state: WatchState
  /** Called before the walk waits for a block. */
  readonly onWait: () => void
}

/** An item that has been asked for: settled once `take` is there. */
interface Asked {
  readonly come: Promise<void>
  take?: () => IteratorResult<FilteredBlockItem, undefined>
}

/**
 * One stream of filtered blocks follows the tip for all scripts. What is added later is looked for in it from
 * its position on, and by a second stream in the blocks up to there, while the first one waits: a spend is
 * known by the payment before it. What the second one finds is always in the chain of the first one's
 * position, whose reorgs it shares from then on.
 */
export class WatchWalk {
  readonly #parts: WatchWalkComponents
  readonly #wake = new WakeUp()
  #main: FilteredBlocks | undefined
  /** The stream for all scripts has to begin elsewhere. */
  #isMisplaced = false

  constructor(parts: WatchWalkComponents) {
    this.#parts = parts
  }

  /** Watches more scripts. */
  add(scripts: readonly Uint8Array[], from: number): void {
    const { state } = this.#parts
    if (state.add(scripts, from, this.#main?.position ?? state.place?.position)) this.#isMisplaced = true
    this.#main?.add(scripts)
  }

  remove(scripts: readonly Uint8Array[]): void {
    this.#main?.remove(scripts)
  }

  /** Something is to be done that was not when it began to wait. */
  wake(): void {
    this.#wake.ring()
  }

  /**
   * Follows the chain. @returns where it has to begin anew, at once, or where the signal is aborted.
   * @throws NodeError where the node, or the store, refuses.
   */
  async follow(signal: AbortSignal): Promise<void> {
    const { state, onWait } = this.#parts
    // What the store has refused goes first: the next block may be long in coming.
    await state.save()
    if (state.place === undefined) {
      onWait()
      await this.#wake.wait(signal)
      return
    }
    this.#isMisplaced = false
    const { start, position } = state.place
    const main = this.#open(state.ledger.scripts, position ?? start, signal)
    this.#main = main
    try {
      await this.#takeAll(main, signal)
    } catch (error) {
      if (!isNodeError(error) || !LOST.has(error.code)) throw error
      await this.#beginAnew()
    } finally {
      this.#main = undefined
      await main.return?.()
    }
  }

  async #takeAll(main: FilteredBlocks, signal: AbortSignal): Promise<void> {
    const { node, state, onWait } = this.#parts
    let asked: Asked | undefined
    let back: { readonly id: number; readonly stream: FilteredBlocks } | undefined
    const endBack = async (): Promise<void> => {
      await back?.stream.return?.()
      back = undefined
    }
    try {
      while (!signal.aborted && !this.#isMisplaced) {
        if (asked?.take !== undefined) {
          const { value, done } = asked.take()
          asked = undefined
          if (done === true) return
          await this.#takeMain(value, main)
          continue
        }
        const [lookback] = state.lookbacks
        if (back?.id !== lookback?.id) await endBack()
        // Where the chain has left it the reorg comes first.
        if (
          lookback !== undefined &&
          main.position !== undefined &&
          node.chain.isActive(main.position.hash)
        ) {
          back ??= { id: lookback.id, stream: this.#open(lookback.scripts, lookback.from, signal) }
          await this.#lookBack(lookback, back.stream, main.position)
          continue
        }
        asked ??= ask(main)
        onWait()
        await this.#comeOrWoken(asked)
      }
    } finally {
      await endBack()
    }
  }

  async #takeMain(item: FilteredBlockItem, main: FilteredBlocks): Promise<void> {
    const { state, clock } = this.#parts
    const now = clock.wallTime()
    if (item.type === 'block') state.ledger.connect(item.block, { height: item.height, hash: item.hash }, now)
    else if (item.type === 'reorg') this.#disconnect(item.change.disconnected)
    state.ledger.expire(now)
    state.passed(main.position)
    await state.save()
  }

  /** @param end Up to where the main stream has looked. */
  async #lookBack(lookback: Lookback, stream: FilteredBlocks, end: FilterPosition): Promise<void> {
    const { node, state, clock } = this.#parts
    const at = stream.position?.height ?? Number(lookback.from) - 1
    const isActive = stream.position === undefined || node.chain.isActive(stream.position.hash)
    if (at >= end.height && isActive) {
      state.endLookback(lookback)
      await state.save()
      return
    }
    const { value: item, done } = await stream.next()
    if (done === true) return
    if (item.type === 'reorg')
      this.#disconnect(item.change.disconnected.filter((left) => !this.#has(end, left)))
    else if (item.type === 'block' && item.height <= end.height)
      state.ledger.connect(item.block, { height: item.height, hash: item.hash }, clock.wallTime())
    state.lookedBack(lookback.id, stream.position ?? lookback.from)
    await state.save()
  }

  /** Whether a block is in the chain that ends in another. */
  #has(end: BlockRef, { height, hash }: BlockRef): boolean {
    const { chain } = this.#parts.node
    let at = chain.get(end.hash)
    while (at !== undefined && at.height > height) at = chain.get(at.header.previousBlockHash)
    return at !== undefined && bytesEqual(at.hash, hash)
  }

  #disconnect(blocks: readonly BlockRef[]): void {
    const left = new Set(blocks.map(({ hash }) => bytesToHex(hash)))
    this.#parts.state.ledger.disconnect(
      ({ hash }) => left.has(bytesToHex(hash)),
      this.#parts.clock.wallTime(),
    )
  }

  /**
   * Where the watcher stood is worth nothing: the chain's headers have been lost, or filters were false.
   * Everything is looked at again, from the first height that anything is watched from.
   */
  async #beginAnew(): Promise<void> {
    const { node, state, clock } = this.#parts
    state.ledger.disconnect(({ hash }) => !node.chain.isActive(hash), clock.wallTime())
    for (const lookback of state.lookbacks) state.endLookback(lookback)
    state.passed(undefined)
    await state.save()
  }

  #open(scripts: readonly Uint8Array[], from: number | FilterPosition, signal: AbortSignal): FilteredBlocks {
    return this.#parts.node.filters.follow({ scripts, from }, { signal })
  }

  async #comeOrWoken({ come }: Asked): Promise<void> {
    const waiting = new AbortController()
    await Promise.race([come, this.#wake.wait(waiting.signal)])
    waiting.abort()
  }
}

function ask(stream: FilteredBlocks): Asked {
  const asked: Asked = {
    come: stream.next().then(
      (result) => {
        asked.take = () => result
      },
      (error: unknown) => {
        asked.take = () => {
          throw error
        }
      },
    ),
  }
  return asked
}

import { NODE_NETWORK_LIMITED_MIN_BLOCKS } from '../chain/best-block-depth.ts'
import type { UtreexoState } from './utreexo-state.ts'

/**
 * States kept for every block: as deep as a node that keeps recent blocks goes (BIP159), and so as a reorg
 * that is borne.
 */
export const RECENT_STATES: number = NODE_NETWORK_LIMITED_MIN_BLOCKS
/** Of those before, one in so many blocks is kept. */
export const KEPT_STATE_INTERVAL = 2_016

/** What has to be written so that a store holds the same states. */
export interface StateChanges {
  readonly put: readonly UtreexoState[]
  /** Heights. */
  readonly deleted: readonly number[]
}

/**
 * States of the accumulator after blocks that build on each other: of each of the last ones, and of some
 * before. The lowest is where it all began, and is never let go of.
 */
export class UtreexoStates {
  /** By rising height. */
  readonly #states: UtreexoState[]
  readonly #put = new Map<number, UtreexoState>()
  readonly #deleted = new Set<number>()

  /** @param states One at least, by rising height. */
  constructor(states: readonly UtreexoState[]) {
    if (states.length === 0) throw new RangeError('There is no state to begin with')
    this.#states = [...states]
  }

  /** Where it all began. */
  get base(): UtreexoState {
    return this.#states[0]!
  }

  get tip(): UtreexoState {
    return this.#states.at(-1)!
  }

  /** The state after the block at that height, or the nearest below that is kept; at least the base. */
  atOrBelow(height: number): UtreexoState {
    return this.highest((state) => state.height <= height) ?? this.base
  }

  /** The highest that passes; undefined where none does. */
  highest(passes: (state: UtreexoState) => boolean): UtreexoState | undefined {
    for (let index = this.#states.length - 1; index >= 0; index--)
      if (passes(this.#states[index]!)) return this.#states[index]
    return undefined
  }

  /** One that is here is to be written: where it all began, in a new store. */
  note(state: UtreexoState): void {
    this.#put.set(state.height, state)
  }

  /** The state after the block on top of the tip. */
  add(state: UtreexoState): void {
    this.#states.push(state)
    this.#put.set(state.height, state)
    this.#deleted.delete(state.height)
    this.#thin()
  }

  /** Forgets all above a height. */
  rewind(height: number): void {
    while (this.#states.length > 1 && this.tip.height > height) this.#drop(this.#states.length - 1)
  }

  /** What has changed since the last call. */
  takeChanges(): StateChanges {
    const changes = { put: [...this.#put.values()], deleted: [...this.#deleted] }
    this.#put.clear()
    this.#deleted.clear()
    return changes
  }

  /** What could not be written is to be written again, but where it has changed since. */
  giveBack({ put, deleted }: StateChanges): void {
    for (const state of put)
      if (!this.#deleted.has(state.height) && !this.#put.has(state.height)) this.#put.set(state.height, state)
    for (const height of deleted) if (!this.#put.has(height)) this.#deleted.add(height)
  }

  /** Lets go of the one that has just become too old, or of several after a leap. */
  #thin(): void {
    const oldest = this.tip.height - RECENT_STATES
    for (let index = this.#states.length - 1 - RECENT_STATES; index > 0; index--) {
      const { height } = this.#states[index]!
      if (height > oldest) continue
      if (height % KEPT_STATE_INTERVAL === 0) return
      this.#drop(index)
    }
  }

  #drop(index: number): void {
    const [{ height }] = this.#states.splice(index, 1) as [UtreexoState]
    this.#put.delete(height)
    this.#deleted.add(height)
  }
}

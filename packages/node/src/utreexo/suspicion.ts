import type { PeerId } from '@sapwood/peer'
import type { UtreexoErrorCode } from '@sapwood/utreexo'
import type { UtreexoState } from './utreexo-state.ts'
import { isSameState } from './utreexo-state.ts'

/**
 * Blocks that are proved again at the first suspicion; each time that it does not help, six times as many.
 */
const FIRST_STEP = 6

/** Faults of a proof that may as well be a fault of the state that it is held against. */
const OF_THE_STATE: ReadonlySet<UtreexoErrorCode> = new Set([
  'root-mismatch',
  'target-out-of-range',
  'nested-target',
  'duplicate-target',
  'proof-too-short',
  'proof-too-long',
])

/** Whether a good proof could fail in that way on a state that is wrong. */
export function mayBeOurs(code: UtreexoErrorCode): boolean {
  return OF_THE_STATE.has(code)
}

/** What is to be done about a state on which proofs of two peers have failed. */
export type Verdict =
  /** It has been derived anew: it is those peers. */
  | { readonly type: 'peers' }
  /** It is derived anew from the state at or below a height. */
  | { readonly type: 'back'; readonly height: number }
  /** It cannot be derived from anything that a proof has held on. */
  | { readonly type: 'hopeless' }

interface Suspected {
  readonly state: UtreexoState
  readonly accused: readonly PeerId[]
  /** All is derived anew, from where it began. */
  readonly isFromBase: boolean
}

/**
 * Whether our own state is to be believed. Where proofs of two peers fail on it, it is derived anew from an
 * older one. Where it comes out the same, by way of proofs that hold, it was those peers; where it does not,
 * it was us.
 */
export class Suspicion {
  /** The empty state that all begins with needs no proof; one that was assumed does. */
  readonly #isBaseCertain: boolean
  readonly #base: UtreexoState
  /** The lowest last: on the way up to one, proofs may fail again. */
  readonly #suspected: Suspected[] = []
  /** Whose proofs have failed on a state that is still suspected. */
  readonly #doubted = new Set<PeerId>()
  /** A state that has been derived twice. */
  #confirmed: UtreexoState | undefined
  /** A state that came out the same, without any proof on the way from where it began. */
  #unproved: UtreexoState | undefined
  /** Proofs that have held since the state was gone back to. */
  #held = 0
  #steps = 0

  constructor(base: UtreexoState) {
    this.#base = base
    this.#isBaseCertain = base.height === 0 && base.stump.leaves === 0
  }

  /**
   * Peers to be asked last while it is not known who was wrong. Asked first, they could have all be derived
   * anew from ever further back.
   */
  get doubted(): ReadonlySet<PeerId> {
    return this.#doubted
  }

  /** The proofs of some peers, two at least, have failed on a state. */
  judge(state: UtreexoState, accused: readonly PeerId[]): Verdict {
    const isBase = state.height <= this.#base.height
    if (is(this.#confirmed, state) || (isBase && this.#isBaseCertain)) return { type: 'peers' }
    if (is(this.#unproved, state) || isBase) return { type: 'hopeless' }
    this.#steps += 1
    const height = Math.max(this.#base.height, state.height - FIRST_STEP ** this.#steps)
    this.#suspected.push({ state, accused: [...accused], isFromBase: height === this.#base.height })
    for (const peer of accused) this.#doubted.add(peer)
    this.#held = 0
    return { type: 'back', height }
  }

  /** A block has been proved, with `inputs` or without any. @returns whose proofs were no good after all. */
  proved(state: UtreexoState, inputs: number): readonly PeerId[] {
    if (inputs > 0) this.#held += 1
    if (this.#suspected.length === 0 && inputs > 0) this.#steps = 0
    const guilty: PeerId[] = []
    for (let last = this.#suspected.at(-1); last !== undefined; last = this.#suspected.at(-1)) {
      if (state.height < last.state.height) break
      this.#suspected.pop()
      if (this.#isConfirmed(last, state)) guilty.push(...last.accused)
    }
    if (this.#suspected.length === 0) this.#doubted.clear()
    return guilty
  }

  /** Whether a state that was suspected has come out the same, by way of what can be believed. */
  #isConfirmed({ state: suspected, isFromBase }: Suspected, state: UtreexoState): boolean {
    if (!isSameState(state, suspected)) return false
    if (this.#held > 0 || (isFromBase && this.#isBaseCertain)) {
      this.#confirmed = state
      return true
    }
    if (isFromBase) this.#unproved = state
    return false
  }
}

function is(known: UtreexoState | undefined, state: UtreexoState): boolean {
  return known !== undefined && isSameState(known, state)
}

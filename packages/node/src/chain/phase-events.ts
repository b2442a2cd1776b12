import type { PhaseName } from './phases.ts'

/** What is told of the node's phases, and of its end. */
export interface PhaseEvents {
  /** The node went from one phase to the next (or back, when the tip grew stale). */
  phase: { readonly phase: PhaseName; readonly previous?: PhaseName }
  /** The last event. */
  stopped: { readonly why: 'requested' | 'failed'; readonly error?: Error }
}

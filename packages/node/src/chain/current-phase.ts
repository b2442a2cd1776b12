import type { EventSink } from '../events/event-source.ts'
import type { PhaseEvents } from './phase-events.ts'
import { type Phase, type PhaseName, phases, type PhaseView } from './phases.ts'

/** The phase that the node is in. */
export class CurrentPhase {
  readonly #events: EventSink<PhaseEvents>
  #phase: Phase = phases['choosing-chain']

  constructor(components: { readonly events: EventSink<PhaseEvents> }) {
    this.#events = components.events
  }

  get name(): PhaseName {
    return this.#phase.name
  }

  get now(): Phase {
    return this.#phase
  }

  /** Tells of the first phase. */
  begin(): void {
    this.#events.emit('phase', { phase: this.#phase.name })
  }

  /** Goes on to the next phase where this one has come to its end. */
  choose(view: PhaseView): void {
    const next = this.#phase.next(view)
    const previous = this.#phase.name
    if (next === previous) return
    this.#phase = phases[next]
    this.#events.emit('phase', { phase: next, previous })
  }
}

import type { Instant } from '@sapwood/transport-v1v2/environment'

/**
 * How a pure machine of the node gives its output: what is to be done is gathered here while one event is
 * handled, and is what the machine's public method returns. The parts of a machine share one, and with it the
 * moment of the event.
 */
export class Outbox<Action> {
  #actions: Action[] = []
  #now = 0 as Instant

  /** When the event happened that is being handled. */
  get now(): Instant {
    return this.#now
  }

  push(...actions: readonly Action[]): void {
    for (const action of actions) this.#actions.push(action)
  }

  /** Handles one event. @returns what is to be done about it, in order. */
  handle(now: Instant, event: () => void): Action[] {
    this.#now = now
    // One list an event: what a fault left behind is not said with the next.
    const actions: Action[] = []
    this.#actions = actions
    event()
    return actions
  }
}

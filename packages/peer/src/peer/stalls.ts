import type { Clock, Instant } from '@sapwood/transport-v1v2'
import type { EventEmitter } from '../events/event-emitter.ts'

/** When this side stood still, and for how long: what the remote cannot be blamed for. */
export class Stalls {
  readonly #clock: Clock
  readonly #events: EventEmitter
  readonly #excuse: (milliseconds: number) => void
  /** Since when the owner has held us up, as far as it has not been excused yet. */
  #since: Instant | undefined
  count = 0

  constructor(clock: Clock, events: EventEmitter, excuse: (milliseconds: number) => void) {
    this.#clock = clock
    this.#events = events
    this.#excuse = excuse
  }

  /** Waits for `end`, on account of `by`. */
  async during(by: 'owner' | 'remote', end: Promise<void>): Promise<void> {
    const start = this.#clock.now()
    this.count += 1
    this.#events.emit('stalled', { by })
    if (by === 'owner') this.#since = start
    await end
    this.excuseSoFar()
    this.#since = undefined
    this.#events.emit('resumed', { by, milliseconds: this.#clock.now() - start })
  }

  /** Moves the remote's deadlines by the time that has gone by. */
  excuseSoFar(): void {
    if (this.#since === undefined) return
    const now = this.#clock.now()
    if (now > this.#since) this.#excuse(now - this.#since)
    this.#since = now
  }
}

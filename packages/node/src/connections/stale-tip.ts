import { type Clock, type Instant, MINUTE } from '@sapwood/transport-v1v2/environment'
import type { CurrentPhase } from '../chain/current-phase.ts'

/** How often the tip is looked at (Core, `STALE_CHECK_INTERVAL`). */
const STALE_CHECK_INTERVAL: number = 10 * MINUTE
/** A tip that has not moved for three block intervals is stale (Core, `TipMayBeStale`). */
const STALE_AFTER: number = 30 * MINUTE

export interface StaleTipComponents {
  readonly clock: Clock
  readonly phase: Pick<CurrentPhase, 'now'>
}

/** Notices that no new block has come for too long: our peers may not know of it, and one more is wanted. */
export class StaleTip {
  readonly #phase: Pick<CurrentPhase, 'now'>
  readonly #clock: Clock
  #movedAt: number
  #nextCheck: number
  #wantsPeer = false

  constructor({ clock, phase }: StaleTipComponents) {
    this.#clock = clock
    this.#phase = phase
    this.#movedAt = clock.now()
    this.#nextCheck = this.#movedAt + STALE_CHECK_INTERVAL
  }

  /** Whether one more full-relay connection is wanted. */
  get wantsPeer(): boolean {
    return this.#wantsPeer
  }

  tipChanged(): void {
    this.#movedAt = this.#clock.now()
    this.#wantsPeer = false
  }

  tick(now: Instant): void {
    if (now < this.#nextCheck) return
    this.#nextCheck = now + STALE_CHECK_INTERVAL
    this.#wantsPeer = this.#phase.now.watchesTip && now - this.#movedAt > STALE_AFTER
  }

  /** One more is being dialled: no other until the next look. */
  peerDialled(): void {
    this.#wantsPeer = false
  }
}

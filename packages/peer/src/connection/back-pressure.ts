import type { Clock, Instant } from '@sapwood/transport-v1v2/environment'
import type { EventEmitter } from './event-emitter.ts'
import type { StallCause } from '../contract/peer-events.ts'
import type { PeerRecord } from '../protocol/peer-record.ts'
import type { ServeQueue } from '../serving/serve-queue.ts'
import type { Notifier } from './notifier.ts'
import type { Outgoing } from './outgoing.ts'

/**
 * Queued bytes at which the remote's messages are no longer read: it would only make us queue more (Core,
 * `fPauseSend`).
 */
const PAUSE_AT_QUEUED_BYTES = 1_000_000

/** What this side stands still for. */
export interface StallCauses {
  readonly notifier: Notifier
  readonly serving: ServeQueue
  readonly outgoing: Outgoing
  /** Queued bytes. Default: 1,000,000. */
  readonly pauseAt: number | undefined
  /** Milliseconds for which the remote has had its share of our time. */
  readonly pause: (now: Instant) => number
}

/** When this side stood still, and for how long: what the remote cannot be blamed for. */
export class BackPressure {
  readonly #clock: Clock
  readonly #events: EventEmitter
  readonly #causes: StallCauses
  readonly #record: PeerRecord
  readonly #excuse: (milliseconds: number) => void
  /** Since when the owner has held us up, as far as it has not been excused yet. */
  #since: Instant | undefined
  /** Since when the remote's share of our work has held it up, and more has come meanwhile. */
  behindSince: Instant | undefined
  /** Ends the rest that is being taken. */
  #wake: (() => void) | undefined

  constructor(
    clock: Clock,
    events: EventEmitter,
    causes: StallCauses,
    record: PeerRecord,
    excuse: (milliseconds: number) => void,
  ) {
    this.#clock = clock
    this.#events = events
    this.#causes = causes
    this.#record = record
    this.#excuse = excuse
  }

  /** What has to be waited for before the next message is taken, if anything. */
  next(): Promise<void> | undefined {
    const { notifier, serving, outgoing, pause, pauseAt = PAUSE_AT_QUEUED_BYTES } = this.#causes
    const owner = notifier.pending()
    if (owner !== undefined) return this.#during('owner', owner)
    // First what the remote does not take: while that is so, no answer is made, and requests wait for nothing
    // else.
    if (outgoing.full && outgoing.queuedBytes > pauseAt) return this.#during('remote', outgoing.ready())
    if (serving.full) return this.#during(outgoing.full ? 'remote' : 'owner', serving.room())
    const milliseconds = pause(this.#clock.now())
    return milliseconds > 0 ? this.#during('work', this.#rest(milliseconds)) : undefined
  }

  /** All that had come has been taken. */
  caughtUp(): void {
    this.behindSince = undefined
  }

  /** The connection has ended: nothing is waited for any more. */
  close(): void {
    this.#wake?.()
  }

  /** Moves the remote's deadlines by the time that has gone by. */
  excuseSoFar(): void {
    if (this.#since === undefined) return
    const now = this.#clock.now()
    if (now > this.#since) this.#excuse(now - this.#since)
    this.#since = now
  }

  #rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(milliseconds, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Waits for `end`, on account of `by`. */
  async #during(by: StallCause, end: Promise<void>): Promise<void> {
    const start = this.#clock.now()
    this.#record.stalls += 1
    this.#events.emit('stalled', { by })
    if (by === 'owner') this.#since = start
    else if (by === 'work') this.behindSince ??= start
    await end
    this.excuseSoFar()
    this.#since = undefined
    this.#events.emit('resumed', { by, milliseconds: this.#clock.now() - start })
  }
}

import { aNumberAboveZero } from '@sapwood/wire-codec/arguments'
import { addAbortListener, removeAbortListener } from '../environment/abort-listener.ts'
import type { CancelTimer, Clock } from '../environment/clock.ts'
import { abortReason } from '../environment/until-aborted.ts'
import { systemClock } from '../environment/default-clock.ts'
import { schedulerFor } from '../environment/default-turn-scheduler.ts'
import type { TurnScheduler } from '../environment/turn-scheduler.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'

/**
 * v2 handshakes a second for all who dial us together, at most. Fewer where they cost more than
 * `HANDSHAKES_SHARE` of the time, but not fewer than 50, which is where one takes 5 ms.
 */
export const DEFAULT_HANDSHAKES_PER_SECOND = 400

/** Part of the time that handshakes of strangers may take. */
const HANDSHAKES_SHARE = 0.25

/**
 * Milliseconds of work that one handshake counts as at most, and until one was done. A remote may make its
 * own cost more, by decoys: nobody else comes in more slowly for it.
 */
const MAX_COST = 5

/** Handshakes whose cost is remembered, about. */
const COSTS = 16

/** Handshakes that may begin at once after a pause. */
const BURST = 4

/** As many more as take no more milliseconds than this: no turn of the event loop has above `MAX_BURST`. */
const BURST_WORK = 8
const MAX_BURST = 16

/** How many times slower strangers come in while they have had their share of the work, at least. */
const SLOWER = 5

/** Milliseconds from one to the next then, at least. */
const SLOW_INTERVAL = 100

/** How many handshakes are begun. */
export interface HandshakeGateOptions {
  /**
   * At most; fewer where they cost more than a quarter of the time, of which none counts as more than 5 ms.
   * Default: 400.
   */
  readonly perSecond?: number
}

/**
 * What strangers may have us compute for a key exchange, all of them together: whoever sends 64 bytes that
 * are no v1 has one begun. Shared by all calls of `accept` that it is given to.
 */
export interface HandshakeGate {
  /**
   * Resolves when the next handshake may begin, in the order of the calls.
   * @throws the signal's reason.
   */
  enter(signal: AbortSignal): Promise<void>
  /**
   * Tells how many milliseconds of work a handshake took that was carried to its end: one that was not may
   * have been cut short, to look cheap.
   */
  spent(milliseconds: number): void
  /** Who wait now. */
  readonly waiting: number
}

/** @throws TransportError `invalid-argument`, as for a rate that is not above 0. */
export function createHandshakeGate(
  options: HandshakeGateOptions = {},
  components: {
    readonly clock?: Clock
    /** Who knows whether strangers have had their share. Default: as for `accept`. */
    readonly scheduler?: Pick<TurnScheduler, 'strangersPause'>
  } = {},
): HandshakeGate {
  const { perSecond = DEFAULT_HANDSHAKES_PER_SECOND } = options
  refuseArgument(aNumberAboveZero, perSecond, 'createHandshakeGate: options.perSecond')
  const { clock = systemClock, scheduler = schedulerFor(clock) } = components
  return new Gate(1_000 / perSecond, clock, scheduler)
}

class Gate implements HandshakeGate {
  readonly #leastInterval: number
  readonly #clock: Clock
  readonly #scheduler: Pick<TurnScheduler, 'strangersPause'>
  readonly #queue = new Set<() => void>()
  /** When the last of the handshakes that began would have, had they come at even distances. */
  #paidUntil = 0
  #cancel: CancelTimer | undefined
  /** Milliseconds of work that a handshake takes, by those of late. */
  #cost = MAX_COST

  constructor(leastInterval: number, clock: Clock, scheduler: Pick<TurnScheduler, 'strangersPause'>) {
    this.#leastInterval = leastInterval
    this.#clock = clock
    this.#scheduler = scheduler
  }

  get waiting(): number {
    return this.#queue.size
  }

  async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#queue.size === 0 && this.#wait() <= 0) {
      this.#pay()
      return
    }
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        removeAbortListener(signal, onAbort)
        resolve()
      }
      const onAbort = (): void => {
        // Its place is the next one's.
        this.#queue.delete(admit)
        if (this.#queue.size === 0) this.#rest()
        reject(abortReason(signal))
      }
      this.#queue.add(admit)
      addAbortListener(signal, onAbort)
      this.#schedule()
    })
  }

  spent(milliseconds: number): void {
    if (milliseconds >= 0) this.#cost += (Math.min(MAX_COST, milliseconds) - this.#cost) / COSTS
  }

  get #interval(): number {
    return Math.max(this.#leastInterval, this.#cost / HANDSHAKES_SHARE)
  }

  /** Handshakes that may begin at once. */
  get #burst(): number {
    return Math.min(MAX_BURST, Math.max(BURST, BURST_WORK / this.#cost))
  }

  #schedule(): void {
    if (this.#queue.size === 0) return
    this.#cancel ??= this.#clock.setTimer(Math.max(0, this.#wait()), this.#admitNext)
  }

  /** Nobody waits: nothing of this is to happen later, after whoever waited has stopped, either. */
  #rest(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #pay(): void {
    const interval = this.#interval
    const isSlow = this.#scheduler.strangersPause > 0
    this.#paidUntil += isSlow ? Math.max(SLOWER * interval, SLOW_INTERVAL) : interval
  }

  /** Milliseconds until the next may begin. */
  #wait(): number {
    const now = this.#clock.now()
    this.#paidUntil = Math.max(this.#paidUntil, now - this.#burst * this.#interval)
    return this.#paidUntil + this.#interval - now
  }

  readonly #admitNext = (): void => {
    this.#cancel = undefined
    // A loop that was busy has timers late: whoever's time has come meanwhile comes in as well.
    for (const admit of this.#queue) {
      if (this.#wait() > 0) break
      this.#queue.delete(admit)
      this.#pay()
      admit()
    }
    this.#schedule()
  }
}

import { aNumberAboveZero } from '@sapwood/wire-codec/arguments'
import { addAbortListener, removeAbortListener } from '../environment/abort-listener.ts'
import type { CancelTimer, Clock } from '../environment/clock.ts'
import { abortReason } from '../environment/until-aborted.ts'
import { systemClock } from '../environment/default-clock.ts'
import { schedulerFor } from '../environment/default-turn-scheduler.ts'
import type { TurnScheduler } from '../environment/turn-scheduler.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'

/**
 * v2 handshakes a second for all who dial us together: 2 to 5 ms of work each, so at most about a quarter of
 * a core; a fifth of it while strangers have had their share of the work (`TurnScheduler`).
 */
export const DEFAULT_HANDSHAKES_PER_SECOND = 50

/** Handshakes that may begin at once after a pause: no turn of the event loop has more of them. */
const BURST = 4

/** How many times slower strangers come in while they have had their share of the work. */
const SLOWER = 5

/** How many handshakes are begun. */
export interface HandshakeGateOptions {
  /** Default: 50. */
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
  readonly #interval: number
  readonly #clock: Clock
  readonly #scheduler: Pick<TurnScheduler, 'strangersPause'>
  readonly #queue = new Set<() => void>()
  /** When the last of the handshakes that began would have, had they come at even distances. */
  #paidUntil = 0
  #cancel: CancelTimer | undefined

  constructor(interval: number, clock: Clock, scheduler: Pick<TurnScheduler, 'strangersPause'>) {
    this.#interval = interval
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
    this.#paidUntil += this.#interval * (this.#scheduler.strangersPause > 0 ? SLOWER : 1)
  }

  /** Milliseconds until the next may begin. */
  #wait(): number {
    const now = this.#clock.now()
    this.#paidUntil = Math.max(this.#paidUntil, now - BURST * this.#interval)
    return this.#paidUntil + this.#interval - now
  }

  readonly #admitNext = (): void => {
    this.#cancel = undefined
    for (const admit of this.#queue) {
      this.#queue.delete(admit)
      this.#pay()
      admit()
      break
    }
    this.#schedule()
  }
}

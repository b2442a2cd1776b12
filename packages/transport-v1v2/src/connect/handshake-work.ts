import type { Clock } from '../environment/clock.ts'
import type { TurnLane } from '../environment/turn-scheduler.ts'
import { chunkCost } from '../stream/chunk-cost.ts'

/**
 * Bytes for which a handshake waits for no turn of its own: those of an honest one, of which few begin in a
 * second. A remote that puts decoys before its version packet may send 4 MB for each.
 */
const AT_ONCE = 8_192

/** What a stranger has us do for its handshake: in its turn, and measured. */
export class HandshakeWork {
  /** Milliseconds of it so far, without what was waited for. */
  spent = 0
  #bytes = 0
  readonly #lane: TurnLane
  readonly #clock: Clock
  readonly #signal: AbortSignal

  constructor(lane: TurnLane, clock: Clock, signal: AbortSignal) {
    this.#lane = lane
    this.#clock = clock
    this.#signal = signal
  }

  /**
   * A chunk has been read. @returns what to wait for before anything is done with it; that rejects where
   * nobody waits for the handshake any more.
   */
  read(chunk: Uint8Array): Promise<void> | undefined {
    this.#bytes += chunk.length
    this.#lane.enter()
    this.#lane.charge(chunkCost(chunk))
    if (this.#bytes <= AT_ONCE) return undefined
    return this.#lane.due()?.then(() => this.#signal.throwIfAborted())
  }

  do<T>(work: () => T): T {
    this.#lane.enter()
    const began = this.#clock.now()
    try {
      return work()
    } finally {
      this.spent += this.#clock.now() - began
      this.#lane.leave()
    }
  }
}

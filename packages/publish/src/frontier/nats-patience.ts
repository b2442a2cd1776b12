import { type Clock, WakeUp } from '@sapwood/transport-v1v2/environment'

/** Milliseconds after which what a server did not answer is asked again. */
const PAUSE = 250
/** From this status on it is the server that cannot, and not the request that is wrong (as in HTTP). */
const SERVER_STATUS = 500
/** JetStream's codes for an entry that another has written meanwhile. */
const WRONG_LAST_SEQUENCE: ReadonlySet<number> = new Set([10_071, 10_164])

/**
 * Asks until there is an answer: a server that is killed and comes back costs time, and nothing else. What
 * it says no to is thrown.
 */
export class NatsPatience {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #onTrouble: (error: unknown) => void

  constructor(clock: Clock, signal: AbortSignal, onTrouble: (error: unknown) => void) {
    this.#clock = clock
    this.#signal = signal
    this.#onTrouble = onTrouble
  }

  async ask<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await request()
      } catch (error) {
        if (this.#signal.aborted || isRefusal(error)) throw error
        this.#onTrouble(error)
        await this.pause()
      }
    }
  }

  /** A moment. */
  async pause(): Promise<void> {
    const over = new WakeUp()
    this.#clock.setTimer(PAUSE, () => over.ring())
    await over.wait()
  }
}

/** Whether another has written what was to be compared and set. */
export function isWrongSequence(error: unknown): boolean {
  return WRONG_LAST_SEQUENCE.has(apiError(error)?.code ?? 0)
}

/** Whether the server has answered, and says no. */
export function isRefusal(error: unknown): boolean {
  const answer = apiError(error)
  return answer !== undefined && answer.status < SERVER_STATUS
}

/** By its name: the client is loaded when a server is named, and may be there twice. */
function apiError(error: unknown): { readonly code: number; readonly status: number } | undefined {
  if (!(error instanceof Error) || error.name !== 'JetStreamApiError') return undefined
  return error as Error & { readonly code: number; readonly status: number }
}

import { type Clock, WakeUp } from '@sapwood/transport-v1v2/environment'
import { isRefusal, unavailable } from '../nats/server-answer.ts'

/** Milliseconds after which what a server did not answer is asked again. */
const PAUSE = 250

/** Asks until there is an answer: a server that is killed and comes back costs time, and nothing else. */
export class NatsPatience {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #onTrouble: (error: unknown) => void
  readonly #look: () => Promise<unknown>

  /** @param parts.look asks the server for what has to be there; it refuses where something is gone. */
  constructor(parts: {
    readonly clock: Clock
    readonly signal: AbortSignal
    readonly onTrouble: (error: unknown) => void
    readonly look: () => Promise<unknown>
  }) {
    this.#clock = parts.clock
    this.#signal = parts.signal
    this.#onTrouble = parts.onTrouble
    this.#look = parts.look
  }

  /**
   * @param request is told which time it is asked, from 1 on: behind the first an answer may have been lost.
   * @throws PublishError `unavailable` with what the server says no to, and after the signal has aborted.
   */
  async ask<T>(request: (time: number) => Promise<T>): Promise<T> {
    for (let time = 1; ; time++) {
      try {
        return await request(time)
      } catch (error) {
        if (this.#signal.aborted || isRefusal(error)) throw unavailable(error)
        this.#onTrouble(error)
        await this.pause()
        await this.#stillThere()
      }
    }
  }

  /** To what is sent to a stream that is gone nobody answers, as where no server is. */
  async #stillThere(): Promise<void> {
    try {
      await this.#look()
    } catch (error) {
      if (isRefusal(error)) throw unavailable(error)
    }
  }

  /** @param milliseconds at most: also until the signal aborts. Default: a moment. */
  async pause(milliseconds: number = PAUSE, signal?: AbortSignal): Promise<void> {
    const over = new WakeUp()
    const cancel = this.#clock.setTimer(milliseconds, () => over.ring())
    await over.wait(signal)
    cancel()
  }
}

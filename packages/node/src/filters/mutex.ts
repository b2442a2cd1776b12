import { untilAborted } from '@sapwood/transport-v1v2/environment'

/** Runs tasks one after another, in the order in which they came. */
export class Mutex {
  #last: Promise<void> = Promise.resolve()

  /**
   * Resolves when the task has had its turn. One whose signal is aborted before that is not run,
   * and its caller waits no longer.
   */
  async take(task: () => Promise<void>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const turn = this.#last.then(async () => {
      if (!signal.aborted) await task()
    })
    this.#last = turn.catch(() => undefined)
    await untilAborted(signal, () => turn)
    signal.throwIfAborted()
  }
}

import { untilAborted } from './until-aborted.ts'

/** Lets so many do something at a time; the others have their turn in the order in which they came. */
export class FewAtOnce {
  #free: number
  /** What begins the turn of each, in their order. */
  readonly #waiting = new Set<() => void>()

  /** @param count How many; 1: one after the other. */
  constructor(count: number) {
    this.#free = count
  }

  /**
   * Does `work` in its turn.
   * @param signal When it fires, whoever waits leaves the queue. Work that has begun is done to its end and
   * keeps its turn so long, and its caller waits no longer.
   * @returns what the work does.
   * @throws what the work throws; the signal's reason.
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.#free > 0) this.#free--
    else await this.#turn(signal)
    const done = this.#do(work)
    // Whoever waits no longer does not hear how it ends.
    done.catch(() => undefined)
    return await untilAborted(signal, () => done)
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    let begin = (): void => undefined
    const turn = new Promise<void>((resolve) => {
      begin = resolve
      this.#waiting.add(begin)
    })
    try {
      await untilAborted(signal, () => turn)
      signal?.throwIfAborted()
    } catch (error) {
      // It may have come at the same moment: then it is the next one's.
      if (!this.#waiting.delete(begin)) this.#next()
      throw error
    }
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #next(): void {
    const [begin] = this.#waiting
    if (begin === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(begin)
    begin()
  }
}

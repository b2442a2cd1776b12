import type { CancelTimer, Clock } from '@sapwood/transport-v1v2/environment'
import type { CallQueue } from './call-queue.ts'
import type { NodePart } from './node-part.ts'

/**
 * Milliseconds between two looks. A look asks the program's services, for whoever waits for a block, while
 * thousands of blocks a second may be taken: all of those within a pause cost one look.
 */
const RECHECK_PAUSE = 20

/**
 * Looks whether there is to serve what was not there before: at once, and again after a pause where there may
 * be more by then.
 */
export class ServedRecheck implements NodePart {
  readonly #clock: Clock
  readonly #calls: Pick<CallQueue, 'post'>
  readonly #look: () => void
  #pause: CancelTimer | undefined
  #isAgain = false
  #isStopped = false

  constructor(
    { clock, calls }: { readonly clock: Clock; readonly calls: Pick<CallQueue, 'post'> },
    look: () => void,
  ) {
    this.#clock = clock
    this.#calls = calls
    this.#look = look
  }

  /** There may be something to serve that there was not. On the loop. */
  ask(): void {
    if (this.#isStopped) return
    if (this.#pause !== undefined) {
      this.#isAgain = true
      return
    }
    this.#isAgain = false
    this.#pause = this.#clock.setTimer(RECHECK_PAUSE, () => {
      this.#pause = undefined
      if (this.#isAgain) this.#calls.post('recheck-served', () => this.ask())
    })
    this.#look()
  }

  stop(): void {
    this.#isStopped = true
    this.#pause?.()
  }
}

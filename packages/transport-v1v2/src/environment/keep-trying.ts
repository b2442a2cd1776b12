import type { Clock } from './clock.ts'
import { withDeadline } from './deadline.ts'

/** How something is done again and again, until it comes to its end. */
export interface KeepTryingOptions {
  readonly clock: Clock
  /** Milliseconds until it is begun anew after a failure. */
  readonly pause: number
  /** Ends it: also where it is about to be begun anew. */
  readonly signal: AbortSignal
  /** Told of a failure. @returns false where there is no use in beginning anew. */
  readonly onFailure: (error: unknown) => boolean
}

/** Does something anew whenever it returns, and after a pause whenever it fails. Never rejects. */
export async function keepTrying(
  work: () => Promise<void>,
  { clock, pause, signal, onFailure }: KeepTryingOptions,
): Promise<void> {
  const isOver = (): boolean => signal.aborted
  while (!isOver()) {
    try {
      await work()
    } catch (error) {
      if (isOver() || !onFailure(error)) return
      const forEver = (): Promise<never> => new Promise(() => undefined)
      await withDeadline(clock, pause, forEver, { signal }).catch(() => undefined)
    }
  }
}

import { addAbortListener, removeAbortListener } from './abort-listener.ts'
import type { Clock } from './clock.ts'
import { untilAborted } from './until-aborted.ts'

/** A signal that aborts at a deadline, or when the signal it was made from does. */
export interface DeadlineSignal {
  readonly signal: AbortSignal
  /** Stops the timer and lets go of the outer signal. Call it when the work is done, however it ended. */
  readonly cancel: () => void
}

/** What ends a wait before its time, and as what it ends. */
export interface DeadlineOptions {
  /** Aborts the deadline's signal too, with its own reason. */
  readonly signal?: AbortSignal | undefined
  /** What the signal's reason is when time runs out; a `TimeoutError` otherwise. */
  readonly reason?: () => Error
}

/**
 * A signal that aborts `milliseconds` from now on the given clock: `AbortSignal.timeout` with an injected
 * clock, an outer signal and a reason of one's own.
 */
export function deadlineSignal(
  clock: Clock,
  milliseconds: number,
  options: DeadlineOptions = {},
): DeadlineSignal {
  const controller = new AbortController()
  const outer = options.signal
  const onOuterAbort = (): void => {
    cancel()
    controller.abort(outer?.reason)
  }
  const cancelTimer = clock.setTimer(milliseconds, () => {
    cancel()
    controller.abort(options.reason?.() ?? timeoutError(milliseconds))
  })
  const cancel = (): void => {
    cancelTimer()
    removeAbortListener(outer, onOuterAbort)
  }
  if (outer?.aborted === true) onOuterAbort()
  else addAbortListener(outer, onOuterAbort)
  return { signal: controller.signal, cancel }
}

/**
 * Runs `task` and settles with it, or rejects at the deadline (or when the outer signal aborts) with the
 * signal's reason, whichever is first. The task is given the signal and is to stop by it; a task that does
 * not is left alone.
 */
export async function withDeadline<T>(
  clock: Clock,
  milliseconds: number,
  task: (signal: AbortSignal) => Promise<T>,
  options: DeadlineOptions = {},
): Promise<T> {
  const deadline = deadlineSignal(clock, milliseconds, options)
  try {
    return await untilAborted(deadline.signal, () => task(deadline.signal))
  } finally {
    deadline.cancel()
  }
}

function timeoutError(milliseconds: number): Error {
  const error = new Error(`Nothing within ${milliseconds} ms`)
  error.name = 'TimeoutError'
  return error
}

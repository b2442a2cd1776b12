import { addAbortListener, removeAbortListener } from './abort-listener.ts'

/**
 * Waits for `work`, and no longer than until the signal aborts; where it has aborted, the work is not begun.
 * Work that goes on after that is left alone: what it ends with is dropped.
 * @throws Error the signal's reason ({@link abortReason}), or what the work ends with.
 */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: () => T | PromiseLike<T>,
): Promise<T> {
  if (signal === undefined) return await work()
  let stop = (): void => undefined
  try {
    if (signal.aborted) throw abortReason(signal)
    const aborted = new Promise<never>((_, reject) => {
      const onAbort = (): void => reject(abortReason(signal))
      addAbortListener(signal, onAbort)
      stop = () => removeAbortListener(signal, onAbort)
    })
    return await Promise.race([work(), aborted])
  } finally {
    stop()
  }
}

/** Resolves when the signal aborts; at once where it has. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else addAbortListener(signal, resolve)
  })
}

/** The reason of an aborted signal as an `Error`. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error('The operation was aborted', { cause: reason })
}

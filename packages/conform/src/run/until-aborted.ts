import { abortReason, addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'

/**
 * Waits for work, and no longer than until a signal aborts: whoever began the work then takes away what it
 * works on.
 * @throws Error the signal's reason.
 */
export async function untilAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (signal === undefined) return await work()
  signal.throwIfAborted()
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(abortReason(signal))
    addAbortListener(signal, onAbort)
    stop = () => removeAbortListener(signal, onAbort)
  })
  try {
    return await Promise.race([work(), aborted])
  } finally {
    stop()
  }
}

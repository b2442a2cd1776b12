/**
 * Waits in real time. The harness drives real processes, so there is no virtual clock to inject here;
 * everything that speaks the protocol takes a `Clock`.
 * @param milliseconds how long; the timer keeps the process alive.
 */
export async function sleep(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}

/** Milliseconds of a clock that never runs backwards; only differences mean something. */
export function monotonicTime(): number {
  return performance.now()
}

/** Milliseconds since 1970: for the age of files. */
export function wallTime(): number {
  return Date.now()
}

/**
 * Calls `callback` after `milliseconds` of real time, without keeping the process alive; returns the way to
 * stop it.
 */
export function startTimer(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds)
  timer.unref()
  return () => clearTimeout(timer)
}

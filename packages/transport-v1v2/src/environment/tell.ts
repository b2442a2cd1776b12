/**
 * Calls what a program gave. What it throws, or rejects with where it is asynchronous whatever its type says,
 * goes to `onFailure` and nowhere else.
 */
export function tell<Arguments extends readonly unknown[]>(
  onFailure: (error: unknown) => void,
  listener: (...args: Arguments) => unknown,
  ...args: Arguments
): void {
  try {
    const answer = listener(...args)
    // Of a promise of another realm, or another maker, `instanceof` knows nothing.
    if (isThenable(answer)) answer.then(undefined, onFailure)
  } catch (error) {
    onFailure(error)
  }
}

/** Whether something is a promise, whoever has made it. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
}

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
    if (answer instanceof Promise) answer.catch(onFailure)
  } catch (error) {
    onFailure(error)
  }
}

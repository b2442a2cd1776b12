/** The runtime's own queue of tasks, where it has a quicker way into it than a timer (Node.js). */
const runtime: { readonly setImmediate?: (callback: () => void) => unknown; readonly setTimeout: unknown } =
  globalThis

/**
 * Resolves after all promise callbacks that are due have run, and those that they make due in turn: a turn of
 * the event loop is not given out before that queue is empty.
 */
export function settleMicrotasks(): Promise<void> {
  return new Promise((resolve) => {
    if (runtime.setImmediate !== undefined) runtime.setImmediate(resolve)
    else globalThis.setTimeout(resolve, 0)
  })
}

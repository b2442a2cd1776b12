type Listener = () => void

/**
 * One real listener for each signal, whatever number of calls wait by it: runtimes take many for a leak, and
 * warn.
 */
const listeners = new WeakMap<AbortSignal, SignalListeners>()

class SignalListeners {
  readonly #signal: AbortSignal
  readonly #listeners = new Set<Listener>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(listener: Listener): void {
    if (this.#listeners.size === 0) this.#signal.addEventListener('abort', this.#fire, { once: true })
    this.#listeners.add(listener)
  }

  remove(listener: Listener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return
    this.#signal.removeEventListener('abort', this.#fire)
  }

  readonly #fire = (): void => {
    const faults: unknown[] = []
    for (const listener of this.#listeners) {
      // One that was removed by another before its turn is not called any more.
      this.#listeners.delete(listener)
      try {
        listener()
      } catch (error) {
        faults.push(error)
      }
    }
    if (faults.length > 0) throw faults[0]
  }
}

/**
 * Calls `listener` once when the signal aborts, as `addEventListener` does, and never for one that has
 * aborted. However many wait by one signal, it has one listener, and none when all have been removed.
 */
export function addAbortListener(signal: AbortSignal | undefined, listener: Listener): void {
  if (signal === undefined) return
  let shared = listeners.get(signal)
  if (shared === undefined) {
    shared = new SignalListeners(signal)
    listeners.set(signal, shared)
  }
  shared.add(listener)
}

/** Undoes {@link addAbortListener}; nothing where there is nothing to undo. */
export function removeAbortListener(signal: AbortSignal | undefined, listener: Listener): void {
  if (signal !== undefined) listeners.get(signal)?.remove(listener)
}

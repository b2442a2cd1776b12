import type { ProvedItem } from './proved-item.ts'

/**
 * Proved blocks, and bytes of them, that a program has been given and has not taken: beyond it nothing is
 * proved until it has.
 */
const MAX_QUEUED = 64
const MAX_QUEUED_BYTES = 16_000_000

/** What one program has been given and has not taken. */
export class ProvedQueue {
  readonly #items: ProvedItem[] = []
  #bytes = 0
  #ended = false
  #error: Error | undefined
  #onItem: (() => void) | undefined
  #onRoom: (() => void)[] = []

  /** @returns what to wait for before more is given. */
  push(item: ProvedItem): Promise<void> | undefined {
    if (this.#ended) return undefined
    this.#items.push(item)
    this.#bytes += sizeOf(item)
    this.#onItem?.()
    return this.#isFull ? new Promise((resolve) => this.#onRoom.push(resolve)) : undefined
  }

  /** The next; undefined at the end. @throws what it was ended with. */
  async next(signal: AbortSignal): Promise<ProvedItem | undefined> {
    for (;;) {
      signal.throwIfAborted()
      const item = this.#items.shift()
      if (item !== undefined) {
        this.#bytes -= sizeOf(item)
        if (!this.#isFull) this.#release()
        return item
      }
      if (this.#error !== undefined) throw this.#error
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#onItem = resolve
      })
    }
  }

  /** Nothing follows. */
  end(error?: Error): void {
    this.#ended = true
    this.#error = error
    this.wake()
    this.#release()
  }

  /** Nobody takes anything any more. */
  close(): void {
    this.#items.length = 0
    this.#bytes = 0
    this.end()
  }

  /** Whoever waits looks again: a signal has fired. */
  wake(): void {
    this.#onItem?.()
  }

  get #isFull(): boolean {
    return this.#items.length >= MAX_QUEUED || this.#bytes >= MAX_QUEUED_BYTES
  }

  #release(): void {
    for (const resolve of this.#onRoom.splice(0)) resolve()
  }
}

function sizeOf(item: ProvedItem): number {
  return item.type === 'block' ? item.size : 0
}

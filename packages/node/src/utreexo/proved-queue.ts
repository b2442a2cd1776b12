import { AsyncQueue, WakeUp } from '@sapwood/transport-v1v2/environment'
import type { ProvedItem } from './proved-item.ts'

/**
 * Proved blocks, and bytes of them, that a program has been given and has not taken: beyond it nothing is
 * proved until it has.
 */
const MAX_QUEUED = 64
const MAX_QUEUED_BYTES = 16_000_000

/** What one program has been given and has not taken. */
export class ProvedQueue {
  readonly #items = new AsyncQueue<ProvedItem>({
    onTake: () => {
      if (!this.#isFull) this.#room.ring()
    },
  })
  readonly #room = new WakeUp()

  /** @returns what to wait for before more is given. */
  push(item: ProvedItem): Promise<void> | undefined {
    if (this.#items.ended) return undefined
    this.#items.push(item, item.type === 'block' ? item.size : 0)
    return this.#isFull ? this.#room.wait() : undefined
  }

  /** The next; undefined at the end. @throws what it was ended with. */
  next(): Promise<ProvedItem | undefined> {
    return this.#items.take(undefined)
  }

  /** Nothing follows what is there. */
  end(error?: Error): void {
    if (error === undefined) this.#items.end()
    else this.#items.fail(error)
    this.#room.ring()
  }

  /** Nothing follows, and what is there is dropped. */
  close(error?: Error): void {
    this.#items.clear()
    this.end(error)
  }

  get #isFull(): boolean {
    return this.#items.size >= MAX_QUEUED || this.#items.bytes >= MAX_QUEUED_BYTES
  }
}

import type { ServedMessage } from './served-message.ts'

/** Requests of the remote that wait, at most; beyond it the remote is not read until one has been answered. */
export const MAX_SERVE_QUEUE = 32

/** Things named by waiting requests, from which on the remote is not read either: one `getdata` may name 50,000. */
export const MAX_SERVE_ENTRIES = 5_000

/** Answers requests one after the other, so that the remote gets its answers in the order it asked. */
export class ServeQueue {
  readonly #serve: (message: ServedMessage) => Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #queue: ServedMessage[] = []
  #entries = 0
  #running: Promise<void> | undefined
  #roomWaiters: (() => void)[] = []
  #closed = false

  constructor(serve: (message: ServedMessage) => Promise<void>, onFailure: (error: unknown) => void) {
    this.#serve = serve
    this.#onFailure = onFailure
  }

  get full(): boolean {
    return this.#queue.length >= MAX_SERVE_QUEUE || this.#entries >= MAX_SERVE_ENTRIES
  }

  push(message: ServedMessage): void {
    if (this.#closed) return
    this.#queue.push(message)
    this.#entries += entriesOf(message)
    this.#running ??= this.#run()
  }

  /** Resolves when the queue is not full, or closed. */
  room(): Promise<void> {
    if (!this.full || this.#closed) return Promise.resolve()
    return new Promise((resolve) => this.#roomWaiters.push(resolve))
  }

  close(): void {
    this.#closed = true
    this.#queue.length = 0
    this.#entries = 0
    this.#releaseWaiters()
  }

  async #run(): Promise<void> {
    for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
      this.#entries -= entriesOf(message)
      this.#releaseWaiters()
      try {
        await this.#serve(message)
      } catch (error) {
        if (!this.#closed) this.#onFailure(error)
      }
    }
    this.#running = undefined
  }

  #releaseWaiters(): void {
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }
}

function entriesOf(message: ServedMessage): number {
  return message.type === 'getdata' ? message.inventory.length : 1
}

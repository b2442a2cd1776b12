import { asTxid, bytesToHex, hexToBytes } from '@sapwood/wire-codec'
import { addAbortListener, removeAbortListener, WakeUp } from '@sapwood/transport-v1v2/environment'
import type { BlockRef } from '../index.ts'
import type { TransactionChange } from './watch-ledger.ts'
import type { WatchedTransaction } from './watched-transaction.ts'
import type { WatcherEvent } from './watcher-event.ts'

/**
 * What one program reads of a watcher. It waits for nobody: of a transaction that has changed twice since it
 * was read the last state is told, so that it never holds more than there is to know.
 */
export class EventStream implements AsyncIterableIterator<WatcherEvent> {
  readonly #changes = new Map<string, TransactionChange>()
  /** What the program knows of: nothing else has to be told to be gone. */
  readonly #told = new Set<string>()
  #position: BlockRef | undefined
  readonly #wake = new WakeUp()
  readonly #release: (stream: EventStream) => void
  readonly #signal: AbortSignal | undefined
  #hasEnded = false

  /** @param release Called once, when nothing more will be read. */
  constructor(
    known: { readonly transactions: readonly WatchedTransaction[]; readonly position: BlockRef | undefined },
    release: (stream: EventStream) => void,
    signal?: AbortSignal,
  ) {
    for (const entry of known.transactions) this.#changes.set(bytesToHex(entry.txid), { entry })
    this.#position = known.position
    this.#release = release
    this.#signal = signal
    if (signal?.aborted === true) this.end()
    else addAbortListener(signal, this.#onAbort)
  }

  push(changes: ReadonlyMap<string, TransactionChange>, position: BlockRef | undefined): void {
    for (const [key, change] of changes) {
      this.#changes.delete(key)
      if ('entry' in change || this.#told.has(key)) this.#changes.set(key, change)
    }
    this.#position = position ?? this.#position
    this.#wake.ring()
  }

  /** Nothing more comes; what is there can still be read. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    removeAbortListener(this.#signal, this.#onAbort)
    this.#release(this)
    this.#wake.ring()
  }

  async next(): Promise<IteratorResult<WatcherEvent>> {
    for (;;) {
      const value = this.#take()
      if (value !== undefined) return { done: false, value }
      if (this.#hasEnded) return { done: true, value: undefined }
      await this.#wake.wait()
    }
  }

  return(): Promise<IteratorResult<WatcherEvent>> {
    this.#changes.clear()
    this.#position = undefined
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): WatcherEvent | undefined {
    for (const [key, change] of this.#changes) {
      this.#changes.delete(key)
      if ('entry' in change) {
        this.#told.add(key)
        return { type: 'transaction', transaction: change.entry }
      }
      this.#told.delete(key)
      return { type: 'transaction-gone', txid: asTxid(hexToBytes(key)), why: change.end }
    }
    const position = this.#position
    this.#position = undefined
    return position && { type: 'position', position }
  }

  readonly #onAbort = (): void => this.end()
}

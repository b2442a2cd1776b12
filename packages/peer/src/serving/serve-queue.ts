import type { MemoryAccount } from '@sapwood/transport-v1v2/environment'
import { MESSAGE_OVERHEAD } from '../channel/reader-message.ts'
import type { ServedType } from '../contract/peer-services.ts'
import type { ServedMessage } from './served-message.ts'

/**
 * Requests of the remote that wait, at most; beyond it the remote is not read until one has been answered.
 */
export const MAX_SERVE_QUEUE = 32

/**
 * Bytes of requests that wait or are being answered, from which on the remote is not read either: one
 * `getdata` of 50,000 entries has 1.8 MB (Core holds one at a time, too: `m_getdata_requests`).
 */
const MAX_SERVE_BYTES = 65_536

/** A request that is to be answered, or what is sent without any work of the owner's, in its turn. */
type Turn = ServedMessage | (() => void)

/**
 * Answers requests one after the other, so that the remote gets its answers in the order it asked (Core
 * handles no further message of a peer while there are entries of its `getdata` left).
 */
export class ServeQueue {
  readonly #serve: (message: ServedMessage) => Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #memory: MemoryAccount
  readonly #queue: Turn[] = []
  /** Of those that wait and of the one that is being answered. */
  #bytes = 0
  #running: Promise<void> | undefined
  #roomWaiters: (() => void)[] = []
  #closed = false

  constructor(
    serve: (message: ServedMessage) => Promise<void>,
    onFailure: (error: unknown) => void,
    memory: MemoryAccount,
  ) {
    this.#serve = serve
    this.#onFailure = onFailure
    this.#memory = memory
  }

  get full(): boolean {
    return this.#queue.length >= MAX_SERVE_QUEUE || this.#bytes >= MAX_SERVE_BYTES
  }

  push(type: ServedType, payload: Uint8Array): void {
    if (this.#closed) return
    this.#queue.push({ type, payload: ofItsOwn(payload) })
    this.#count(payload.length + MESSAGE_OVERHEAD)
    this.#running ??= this.#run()
  }

  /** Does it once all requests so far have been answered: at once, where there are none. */
  inTurn(send: () => void): void {
    if (this.#closed) return
    if (this.#running === undefined) return send()
    this.#queue.push(send)
    this.#count(MESSAGE_OVERHEAD)
  }

  /** Resolves when the queue is not full, or closed. */
  room(): Promise<void> {
    if (!this.full || this.#closed) return Promise.resolve()
    return new Promise((resolve) => this.#roomWaiters.push(resolve))
  }

  close(): void {
    this.#closed = true
    this.#queue.length = 0
    this.#releaseWaiters()
  }

  async #run(): Promise<void> {
    for (let turn = this.#queue.shift(); turn !== undefined; turn = this.#queue.shift()) {
      const bytes = typeof turn === 'function' ? 0 : turn.payload.length
      try {
        if (typeof turn === 'function') turn()
        else await this.#serve(turn)
      } catch (error) {
        if (!this.#closed) this.#onFailure(error)
      }
      this.#count(-bytes - MESSAGE_OVERHEAD)
      if (!this.full) this.#releaseWaiters()
    }
    this.#running = undefined
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0) this.#memory.hold('serving', bytes)
    else this.#memory.give('serving', -bytes)
  }

  #releaseWaiters(): void {
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }
}

/** What waits must not hold a chunk of many times its size in which it came. */
function ofItsOwn(payload: Uint8Array): Uint8Array {
  return 2 * payload.length < payload.buffer.byteLength ? payload.slice() : payload
}

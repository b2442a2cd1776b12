import { type CancelTimer, type Clock, WakeUp } from '@sapwood/transport-v1v2/environment'
import { bytesEqual } from '@sapwood/wire-codec'
import { isWrongSequence } from '../nats/server-answer.ts'
import type { HostStore } from './host-store.ts'
import { HostUnlocks } from './host-unlocks.ts'
import { isThere } from './kv-entry.ts'
import { natsKey } from './nats-key.ts'
import type { NatsPatience } from './nats-patience.ts'

/** A host that is ours for now. */
export interface HostLock {
  /** The visit is over: others may have the host after its pause. */
  rest(): void
  /** There was no visit: others may have it at once. */
  free(): Promise<void>
}

/**
 * The hosts that nobody else may visit now, over all workers. An entry is made by whoever finds none, and
 * goes when it is taken back, or with the bucket's age by the server's clock alone: those of the machines
 * need not agree.
 */
export class HostLocks {
  readonly #store: HostStore
  readonly #patience: NatsPatience
  readonly #clock: Clock
  readonly #pause: number
  /** Who we are: this worker, and no other of its name. */
  readonly #self: string
  readonly #unlocks: HostUnlocks
  readonly #resting = new Set<CancelTimer>()
  readonly #rested = new WakeUp()
  #taken = 0

  constructor(
    store: HostStore,
    parts: {
      readonly patience: NatsPatience
      readonly clock: Clock
      readonly pause: number
      readonly worker: string
    },
  ) {
    this.#store = store
    this.#patience = parts.patience
    this.#clock = parts.clock
    this.#pause = parts.pause
    this.#self = `${parts.worker} ${store.inbox()}`
    this.#unlocks = new HostUnlocks(store, parts.clock)
  }

  /** @returns undefined where somebody has it. */
  async take(host: string): Promise<HostLock | undefined> {
    const key = natsKey(host)
    const revision = await this.#create(key)
    if (revision === undefined) return undefined
    // By revision: where it has gone by its age, and another has made one, that stays.
    const free = async (): Promise<void> => {
      await this.#patience
        .ask(() => this.#store.hosts.delete(key, { previousSeq: revision }))
        .catch(() => undefined)
    }
    return { free, rest: () => this.#later(() => this.#unlocks.say(key, revision)) }
  }

  /**
   * Resolves when no host rests any more.
   * @param most milliseconds; those that rest longer are not waited for.
   */
  async rested(most: number): Promise<void> {
    while (this.#pause <= most && this.#resting.size > 0) await this.#rested.wait()
  }

  /** Hosts that rest still are left to the bucket's age. */
  close(): void {
    for (const cancel of this.#resting) cancel()
    this.#resting.clear()
    this.#unlocks.close()
  }

  async #create(key: string): Promise<number | undefined> {
    this.#taken += 1
    const ours = new TextEncoder().encode(`${this.#self} ${this.#taken}`)
    let times = 0
    try {
      return await this.#patience.ask((time) => {
        times = time
        return this.#store.hosts.create(key, ours)
      })
    } catch (error) {
      if (!isWrongSequence(error)) throw error
    }
    if (times === 1) return undefined
    // An earlier answer may have been lost, and what is there is our own.
    const found = await this.#patience.ask(() => this.#store.hosts.get(key))
    return isThere(found) && bytesEqual(found.value, ours) ? found.revision : undefined
  }

  #later(unlock: () => void): void {
    if (this.#pause === 0) return unlock()
    const cancel = this.#clock.setTimer(
      this.#pause,
      () => {
        this.#resting.delete(cancel)
        unlock()
        this.#rested.ring()
      },
      { idle: true },
    )
    this.#resting.add(cancel)
  }
}

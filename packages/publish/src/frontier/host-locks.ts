import type { KV } from '@nats-io/kv'
import type { CancelTimer, Clock } from '@sapwood/transport-v1v2/environment'
import { isWrongSequence } from '../nats/server-answer.ts'
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
  readonly #hosts: KV
  readonly #patience: NatsPatience
  readonly #clock: Clock
  readonly #pause: number
  readonly #worker: Uint8Array
  readonly #resting = new Set<CancelTimer>()

  constructor(
    hosts: KV,
    parts: {
      readonly patience: NatsPatience
      readonly clock: Clock
      readonly pause: number
      readonly worker: string
    },
  ) {
    this.#hosts = hosts
    this.#patience = parts.patience
    this.#clock = parts.clock
    this.#pause = parts.pause
    this.#worker = new TextEncoder().encode(parts.worker)
  }

  /** @returns undefined where somebody has it. */
  async take(host: string): Promise<HostLock | undefined> {
    const key = natsKey(host)
    const revision = await this.#create(key)
    if (revision === undefined) return undefined
    // By revision: where it has gone by its age, and another has made one, that stays.
    const free = async (): Promise<void> => {
      await this.#patience
        .ask(() => this.#hosts.delete(key, { previousSeq: revision }))
        .catch(() => undefined)
    }
    return { free, rest: () => this.#later(free) }
  }

  /** Hosts that rest are left to the bucket's age. */
  close(): void {
    for (const cancel of this.#resting) cancel()
    this.#resting.clear()
  }

  /** An answer that was lost leaves an entry of nobody: the host is had again when that has gone. */
  async #create(key: string): Promise<number | undefined> {
    try {
      return await this.#patience.ask(() => this.#hosts.create(key, this.#worker))
    } catch (error) {
      if (isWrongSequence(error)) return undefined
      throw error
    }
  }

  #later(free: () => Promise<void>): void {
    if (this.#pause === 0) return void free()
    const cancel = this.#clock.setTimer(
      this.#pause,
      () => {
        this.#resting.delete(cancel)
        void free()
      },
      { idle: true },
    )
    this.#resting.add(cancel)
  }
}

import type { KV } from '@nats-io/kv'
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node'
import type { CancelTimer, Clock } from '@sapwood/transport-v1v2/environment'
import { isWrongSequence } from '../nats/server-answer.ts'
import { natsKey } from './nats-key.ts'
import type { NatsPatience } from './nats-patience.ts'

/** What a bucket's entry is deleted by (NATS, ADR-8): a message without content that says so. */
const OPERATION = 'KV-Operation'
const DELETE = 'DEL'
/** What it has to stand behind: the entry that we have made, and nobody's after it. */
const EXPECTED_REVISION = 'Nats-Expected-Last-Subject-Sequence'

/** Where the hosts are on the server. */
export interface HostStore {
  readonly connection: NatsConnection
  readonly hosts: KV
  /** Of a key of `hosts`: what is said to change its entry. */
  readonly hostSubject: (key: string) => string
  readonly headers: () => MsgHdrs
}

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
  readonly #worker: Uint8Array
  readonly #resting = new Set<CancelTimer>()

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
        .ask(() => this.#store.hosts.delete(key, { previousSeq: revision }))
        .catch(() => undefined)
    }
    return { free, rest: () => this.#later(() => this.#forget(key, revision)) }
  }

  /** Hosts that rest are left to the bucket's age. */
  close(): void {
    for (const cancel of this.#resting) cancel()
    this.#resting.clear()
  }

  /** An answer that was lost leaves an entry of nobody: the host is had again when that has gone. */
  async #create(key: string): Promise<number | undefined> {
    try {
      return await this.#patience.ask(() => this.#store.hosts.create(key, this.#worker))
    } catch (error) {
      if (isWrongSequence(error)) return undefined
      throw error
    }
  }

  /** Waits for no word of the server: what is lost of it leaves the host to the bucket's age. */
  #forget(key: string, revision: number): void {
    const { connection, hostSubject, headers } = this.#store
    const said = headers()
    said.set(OPERATION, DELETE)
    said.set(EXPECTED_REVISION, String(revision))
    try {
      connection.publish(hostSubject(key), undefined, { headers: said })
    } catch {
      // The connection is closed.
    }
  }

  #later(free: () => void): void {
    if (this.#pause === 0) return free()
    const cancel = this.#clock.setTimer(
      this.#pause,
      () => {
        this.#resting.delete(cancel)
        free()
      },
      { idle: true },
    )
    this.#resting.add(cancel)
  }
}

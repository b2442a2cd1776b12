import type { NetworkAddress } from '@sapwood/wire-codec'
import type { Clock, Instant, Logger } from '@sapwood/transport-v1v2/environment'
import { currentAnchors } from '../connections/current-anchors.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { EventSink } from '../events/event-source.ts'
import type { BanEvents } from '../addresses/ban-events.ts'
import type { NodePart } from './node-part.ts'
import type { NodeState } from './node-state.ts'

/** Milliseconds after which what could not be saved is tried again. */
const RETRY_INTERVAL = 10_000

export interface StateSaverComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventSink<BanEvents>
  readonly state: NodeState
  readonly table: ConnectionTable
}

/** One part of the state on its way into the store. */
interface Part {
  readonly name: string
  readonly save: () => Promise<void>
  /** Has changed since its last save began. */
  dirty: boolean
  saving: boolean
  /** Not before: its last save failed. */
  retryAt: number
}

/**
 * Brings what the node knows into its store: headers as they come, bans when they end,
 * addresses now and then.
 */
export class StateSaver implements NodePart {
  readonly #parts: StateSaverComponents
  readonly #interval: number
  readonly #headers: Part
  readonly #bans: Part
  readonly #addresses: Part
  /** Whom to come back to at the next start; known once the end has begun. */
  #anchors: readonly NetworkAddress[] = []
  #nextSave: number

  /** @param interval Milliseconds between two saves of the addresses. */
  constructor(interval: number, components: StateSaverComponents) {
    const { clock, state } = components
    this.#interval = interval
    this.#parts = components
    this.#nextSave = clock.now() + interval
    this.#headers = part('headers', () => state.saveHeaders())
    this.#bans = part('bans', () => state.saveBans())
    this.#addresses = part('addresses', () => state.saveAddresses())
  }

  tick(now: Instant): void {
    this.#sweepBans()
    if (now >= this.#nextSave) {
      this.#nextSave = now + this.#interval
      this.#addresses.dirty = true
    }
    for (const each of this.#all()) if (now >= each.retryAt) this.#save(each)
  }

  /** One write at a time; what comes meanwhile goes with the next. */
  tipChanged(): void {
    this.#headers.dirty = true
    if (this.#headers.retryAt === 0) this.#save(this.#headers)
  }

  stop(): void {
    this.#anchors = currentAnchors(this.#parts.table)
  }

  /** Everything that is not in the store yet. @throws NodeError where something of it could not be saved. */
  async flush(): Promise<void> {
    const { state } = this.#parts
    const writes = [...this.#all().map(({ save }) => save()), state.saveAnchors(this.#anchors)]
    const saved = await Promise.allSettled(writes)
    for (const result of saved) if (result.status === 'rejected') throw result.reason
  }

  #all(): readonly Part[] {
    return [this.#headers, this.#bans, this.#addresses]
  }

  #sweepBans(): void {
    const { state, events } = this.#parts
    const over = state.bans.sweep()
    for (const ban of over) events.emit('ban-lifted', { ban, why: 'expired' })
    if (over.length > 0) this.#bans.dirty = true
  }

  #save(each: Part): void {
    if (!each.dirty || each.saving) return
    each.saving = true
    each.dirty = false
    each
      .save()
      .then(
        () => {
          each.retryAt = 0
        },
        (error: unknown) => {
          each.dirty = true
          each.retryAt = this.#parts.clock.now() + RETRY_INTERVAL
          this.#parts.logger.error({ err: error }, `${each.name} could not be saved`)
        },
      )
      .finally(() => {
        each.saving = false
        if (each.retryAt === 0) this.#save(each)
      })
  }
}

function part(name: string, save: () => Promise<void>): Part {
  return { name, save, dirty: false, saving: false, retryAt: 0 }
}

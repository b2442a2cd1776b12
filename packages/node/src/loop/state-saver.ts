import type { Clock, Logger } from '@sapwood/transport-v1v2'
import type { EventHub } from '../handle/event-hub.ts'
import type { NodeState } from './node-state.ts'

export interface StateSaverComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventHub
  readonly state: NodeState
}

/** Brings what the node knows into its store: headers as they come, bans when they end, addresses now and then. */
export class StateSaver {
  readonly #parts: StateSaverComponents
  readonly #interval: number
  #nextSave: number
  #savingHeaders: Promise<void> | undefined
  #headersDirty = false

  /** @param interval Milliseconds between two saves of the addresses. */
  constructor(interval: number, components: StateSaverComponents) {
    this.#interval = interval
    this.#parts = components
    this.#nextSave = components.clock.now() + interval
  }

  tick(): void {
    const { clock, state } = this.#parts
    this.#sweepBans()
    if (clock.now() < this.#nextSave) return
    this.#nextSave = clock.now() + this.#interval
    this.#background(state.saveAddresses(), 'addresses')
  }

  /** One write at a time; what comes meanwhile goes with the next. */
  headersChanged(): void {
    this.#headersDirty = true
    this.#savingHeaders ??= this.#writeHeaders().finally(() => {
      this.#savingHeaders = undefined
    })
  }

  /** Everything that is not in the store yet. */
  async flush(): Promise<void> {
    const { state } = this.#parts
    await this.#savingHeaders
    await Promise.all([state.saveHeaders(), state.saveAddresses(), state.saveBans()])
  }

  #sweepBans(): void {
    const { state, events } = this.#parts
    const over = state.bans.sweep()
    for (const ban of over) events.emit('ban-lifted', { ban, why: 'expired' })
    if (over.length > 0) this.#background(state.saveBans(), 'bans')
  }

  async #writeHeaders(): Promise<void> {
    while (this.#headersDirty) {
      this.#headersDirty = false
      try {
        await this.#parts.state.saveHeaders()
      } catch (error) {
        this.#parts.logger.error({ err: error }, 'headers could not be saved')
      }
    }
  }

  #background(work: Promise<void>, what: string): void {
    work.catch((error: unknown) => this.#parts.logger.error({ err: error }, `${what} could not be saved`))
  }
}

import type { EventSink } from '../events/event-source.ts'
import { closeConnection } from './close-connection.ts'
import type { ConnectionEvents } from './connection-events.ts'
import type { ConnectionTable } from './connection-table.ts'

/**
 * Whether the node talks to anybody: a program may switch that off and on,
 * and the node's end switches it off for good.
 */
export class NetworkSwitch {
  readonly #parts: { readonly table: ConnectionTable; readonly events: EventSink<ConnectionEvents> }
  #active: boolean
  #stopping = false

  constructor(
    options: { readonly active: boolean },
    components: { readonly table: ConnectionTable; readonly events: EventSink<ConnectionEvents> },
  ) {
    this.#active = options.active
    this.#parts = components
  }

  /** What the program chose. */
  get active(): boolean {
    return this.#active
  }

  /** Connections may be made and kept. */
  get isOn(): boolean {
    return this.#active && !this.#stopping
  }

  setActive(active: boolean): void {
    if (this.#active === active) return
    this.#active = active
    this.#parts.events.emit('network-active', { active })
    if (!active) this.#closeAll('network-inactive')
  }

  /** Nobody new from now on, and everyone out. */
  stop(): void {
    this.#stopping = true
    this.#closeAll('node-stopping')
  }

  #closeAll(detail: string): void {
    for (const record of [...this.#parts.table.all()]) void closeConnection(record, { detail, blame: 'none' })
  }
}

import { isLocal, type NetworkAddress } from '@sapwood/wire-codec'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import type { DiscouragedHosts } from '../bans/discouraged-hosts.ts'
import { type CloseRequest, connectionFacts } from '../connections/connection-keeper.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { EventSink } from '../events/event-source.ts'
import type { BanEvents } from '../bans/ban-events.ts'
import type { NodeState } from './node-state.ts'

export interface ConductComponents {
  readonly logger: Logger
  readonly events: EventSink<BanEvents>
  readonly state: NodeState
  readonly discouraged: DiscouragedHosts
  readonly close: (record: ConnectionRecord, request: CloseRequest) => void
  /** Connections to and from a host, whatever the port. */
  readonly connectionsOf: (host: NetworkAddress) => readonly ConnectionRecord[]
}

/** What becomes of those who misbehave, and who is not spoken to. */
export class Conduct {
  readonly #parts: ConductComponents

  constructor(components: ConductComponents) {
    this.#parts = components
  }

  readonly isBanned = (address: NetworkAddress): boolean => this.#parts.state.bans.find(address) !== undefined

  /** Under a ban or discouraged: not dialled, not gossiped. */
  readonly isAvoided = (address: NetworkAddress): boolean =>
    this.isBanned(address) || this.#parts.discouraged.has(address)

  /** For what no honest peer does. A protected peer, as those added by hand are, is kept: what it did is logged. */
  readonly punish = (record: ConnectionRecord, detail: string): void => {
    this.#parts.logger.warn({ ...connectionFacts(record), detail }, 'a peer misbehaved')
    if (record.protected) return
    this.#parts.close(record, { detail, blame: 'discourage' })
  }

  /** Ends a connection without a mark against anyone. */
  readonly letGo = (record: ConnectionRecord, detail: string): void => {
    this.#parts.close(record, { detail, blame: 'none' })
  }

  /**
   * Remembers the address of a connection that ended for misbehaviour, and ends the others of its host, as Core does
   * (`MaybeDiscourageAndDisconnect`); but those that are protected, which Core ends too.
   */
  discourage(record: ConnectionRecord, address: NetworkAddress, code: string): void {
    // A peer on this machine shares its address with every other one, hidden services included (Core).
    if (record.protected || isLocal(address)) return
    this.#parts.discouraged.add(address)
    this.#parts.events.emit('discouraged', { address, peer: record.id, detail: code })
    for (const other of this.#parts.connectionsOf(address)) {
      if (other !== record && !other.protected) this.letGo(other, 'discouraged')
    }
  }
}

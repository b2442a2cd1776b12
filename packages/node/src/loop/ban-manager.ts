import { isLocal, type NetworkAddress } from '@sapwood/wire-codec'
import type { DisconnectReport } from '@sapwood/peer'
import type { Logger } from '@sapwood/transport-v1v2/environment'
import type { DiscouragedHosts } from '../addresses/discouraged-hosts.ts'
import { closeConnection } from '../connections/close-connection.ts'
import { connectionFacts } from '../connections/connection-manager.ts'
import { type ConnectionRecord, remoteOf } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { EventSink } from '../events/event-source.ts'
import type { BanEvents } from '../addresses/ban-events.ts'
import type { BanList } from '../addresses/ban-list.ts'
import type { NodePart } from './node-part.ts'

export interface BanManagerComponents {
  readonly logger: Logger
  readonly events: EventSink<BanEvents>
  readonly bans: BanList
  readonly discouraged: DiscouragedHosts
  readonly table: ConnectionTable
}

/** What becomes of those who misbehave, and who is not spoken to. */
export class BanManager implements NodePart {
  readonly #parts: BanManagerComponents

  constructor(components: BanManagerComponents) {
    this.#parts = components
  }

  readonly isBanned = (address: NetworkAddress): boolean => this.#parts.bans.find(address) !== undefined

  readonly isDiscouraged = (address: NetworkAddress): boolean => this.#parts.discouraged.has(address)

  /** Under a ban or discouraged: not dialled, not gossiped. */
  readonly isAvoided = (address: NetworkAddress): boolean =>
    this.isBanned(address) || this.isDiscouraged(address)

  /**
   * For what no honest peer does. A protected peer, as those added by hand are, is kept:
   * what it did is logged.
   */
  readonly punish = (record: ConnectionRecord, detail: string): void => {
    this.#parts.logger.warn({ ...connectionFacts(record), detail }, 'a peer misbehaved')
    if (record.protected) return
    void closeConnection(record, { detail, blame: 'discourage' })
  }

  /** Ends a connection without a mark against anyone. */
  readonly letGo = (record: ConnectionRecord, detail: string): void => {
    void closeConnection(record, { detail, blame: 'none' })
  }

  /**
   * Remembers the address of a connection that ended for misbehaviour, and ends the others of its host, as
   * Core does (`MaybeDiscourageAndDisconnect`); but those that are protected, which Core ends too.
   */
  closed(record: ConnectionRecord, report: DisconnectReport | undefined): void {
    const address = remoteOf(record)
    if (report?.reason.blame !== 'discourage' || address === undefined) return
    // A peer on this machine shares its address with every other one, hidden services included (Core).
    if (record.protected || isLocal(address)) return
    this.#parts.discouraged.add(address)
    this.#parts.events.emit('discouraged', { address, peer: record.id, detail: report.reason.code })
    for (const other of this.#parts.table.ofHost(address)) {
      if (other !== record && !other.protected) this.letGo(other, 'discouraged')
    }
  }
}

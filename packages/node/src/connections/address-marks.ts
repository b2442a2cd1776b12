import type { DisconnectReport } from '@sapwood/peer'
import type { AddressManager } from '../addresses/address-manager.ts'
import { type ConnectionRecord, type ReadyConnection, remoteOf } from './connection-record.ts'

/** Marks in the address tables what connections show: who was reached, and who was there until now. */
export class AddressMarks {
  readonly #addresses: AddressManager

  constructor(components: { readonly addresses: AddressManager }) {
    this.#addresses = components.addresses
  }

  ready(record: ReadyConnection): void {
    const { version, protocol } = record
    const remote = remoteOf(record)
    if (leavesMark(record) && remote !== undefined)
      this.#addresses.good(remote, { services: version.services, protocol })
  }

  closed(record: ConnectionRecord, report: DisconnectReport | undefined): void {
    const { readyAt } = record
    const remote = remoteOf(record)
    if (report === undefined || readyAt === undefined || !leavesMark(record)) return
    if (remote !== undefined) this.#addresses.seen(remote)
  }
}

/** What a private broadcast did is not learned from: the times of addresses are told to others (Core). */
function leavesMark({ kind }: ConnectionRecord): boolean {
  return kind !== 'inbound' && kind !== 'private-broadcast'
}

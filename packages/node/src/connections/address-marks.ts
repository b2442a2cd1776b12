import type { DisconnectReport } from '@sapwood/peer'
import { Services } from '@sapwood/wire-codec'
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
    if (!leavesMark(record) || remote === undefined) return
    // Whoever made v2 fail reads the plaintext that follows, and may have taken the bit out of it: what is
    // learned there would make the next connection begin with v1.
    const services = record.downgraded ? version.services | Services.P2P_V2 : version.services
    this.#addresses.good(remote, { services, protocol })
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

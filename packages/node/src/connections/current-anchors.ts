import type { NetworkAddress } from '@sapwood/wire-codec'
import { isReady } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'

/** Whom to come back to: the block-relay-only peers that are connected now. */
export function currentAnchors(table: ConnectionTable): NetworkAddress[] {
  const anchors: NetworkAddress[] = []
  for (const record of table.all()) {
    const { kind, address } = record
    if (kind !== 'block-relay-only' || !isReady(record)) continue
    if (address !== undefined && address.network !== 'name') anchors.push(address)
  }
  return anchors
}

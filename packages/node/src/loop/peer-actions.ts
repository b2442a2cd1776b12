import type { PeerAction } from '../chain/peer-action.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'

export interface PeerActionComponents {
  readonly table: ConnectionTable
  /** Discourages and disconnects, or only logs where the connection is protected. */
  readonly punish: (record: ConnectionRecord, detail: string) => void
  readonly letGo: (record: ConnectionRecord, detail: string) => void
}

/** Does to a peer what a machine said. A peer that has gone meanwhile is passed over. */
export function doToPeer(action: PeerAction, { table, punish, letGo }: PeerActionComponents): void {
  const record = table.get(action.peer)
  if (record === undefined) return
  switch (action.type) {
    case 'send':
      record.peer?.send(action.message)
      return
    case 'punish':
      punish(record, `${action.reason}: ${action.detail}`)
      return
    case 'disconnect':
      letGo(record, action.reason)
      return
  }
}

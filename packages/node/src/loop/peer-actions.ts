import type { PeerAction } from '../chain/peer-action.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { BanManager } from './ban-manager.ts'

export interface PeerActionComponents {
  readonly table: ConnectionTable
  readonly banManager: Pick<BanManager, 'punish' | 'letGo'>
}

/** Does to a peer what a machine said. A peer that has gone meanwhile is passed over. */
export function doToPeer(action: PeerAction, { table, banManager }: PeerActionComponents): void {
  const record = table.get(action.peer)
  if (record === undefined) return
  switch (action.type) {
    case 'send':
      record.peer?.send(action.message)
      return
    case 'punish':
      banManager.punish(record, `${action.reason}: ${action.detail}`)
      return
    case 'disconnect':
      banManager.letGo(record, action.reason)
      return
  }
}

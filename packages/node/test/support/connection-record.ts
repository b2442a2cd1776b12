import { type PeerId, peerId } from '@sapwood/peer'
import { type Instant, unboundedAccount } from '@sapwood/transport-v1v2/environment'
import type { ConnectionRecord } from '../../src/connections/connection-record.ts'

/** A connection that nothing has happened on, but for what is said. */
export function connectionRecord(
  id: number,
  facts: Pick<ConnectionRecord, 'kind' | 'stage'> & Partial<ConnectionRecord>,
): ConnectionRecord & { readonly id: PeerId } {
  return {
    startedAt: 0 as Instant,
    protected: false,
    memory: unboundedAccount(),
    abort: new AbortController(),
    lastBlock: 0,
    lastTransaction: 0,
    discouraged: false,
    downgraded: false,
    leaving: false,
    ...facts,
    id: peerId(id),
  }
}

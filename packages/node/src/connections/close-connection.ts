import type { Blame, DisconnectReport } from '@sapwood/peer'
import { NodeError } from '../errors/node-error.ts'
import type { ConnectionRecord } from './connection-record.ts'

/** Why a connection is ended. */
export interface CloseRequest {
  readonly detail: string
  readonly blame: Blame
}

/**
 * Ends a connection, or the attempt to make one.
 * @returns when it has ended, with its peer's report; without one where there was no peer yet.
 */
export async function closeConnection(
  record: ConnectionRecord,
  request: CloseRequest,
): Promise<DisconnectReport | undefined> {
  record.leaving = true
  if (record.peer !== undefined) return record.peer.disconnect(request)
  const { detail } = request
  record.abort.abort(new NodeError('connection-failed', detail, { detail }))
  return undefined
}

/** Why a transport is aborted whose connection has no owner any more. */
export function ended(): NodeError {
  return new NodeError('stopped', 'The node ended the connection')
}

import { isTransportError, type Transport } from '@sapwood/transport-v1v2'
import type { CancelTimer, Clock } from '@sapwood/transport-v1v2/environment'
import { PeerError } from '../contract/peer-error.ts'
import type { DisconnectReason, PeerState } from '../contract/disconnect-reason.ts'
import type { EndOfReading } from './message-intake.ts'

/**
 * Transport failures that say nothing about the remote but that it is gone: a socket closed with bytes unread
 * ends in a reset.
 */
const lostConnection: ReadonlySet<string> = new Set(['stream-failed', 'unexpected-end', 'closed', 'aborted'])

/** Why a connection ends whose transport gives nothing more. */
export function endOfReading(end: EndOfReading, state: PeerState): DisconnectReason {
  if (end.type === 'end') return { code: 'remote-closed', blame: 'none', state, how: 'end' }
  const { error } = end
  const transportCode = isTransportError(error) ? error.code : 'stream-failed'
  if (lostConnection.has(transportCode)) {
    return { code: 'remote-closed', blame: 'none', state, how: 'lost', cause: error }
  }
  return { code: 'transport-failed', blame: 'disconnect', transportCode, cause: error }
}

/** What waits for a connection that has ended is rejected with. */
export function disconnectedError(reason: DisconnectReason): PeerError {
  return new PeerError('disconnected', `the connection ended: ${reason.code}`, { reason })
}

/** Whether what is queued for the remote still leaves: one that is to blame, or gone, gets nothing more. */
export function mayFlush(reason: DisconnectReason): boolean {
  if (reason.code === 'remote-closed') return reason.how === 'end'
  return reason.blame === 'none' && reason.code !== 'memory-full'
}

/** Lets what is queued leave, for at most `timeout` ms, and closes the way out. Never rejects. */
export async function flush(transport: Transport, clock: Clock, timeout: number): Promise<void> {
  let cancel: CancelTimer | undefined
  const deadline = new Promise<void>((resolve) => {
    cancel = clock.setTimer(timeout, resolve)
  })
  try {
    await Promise.race([transport.writer.close(), deadline])
  } catch {
    // It is gone already.
  }
  cancel?.()
}

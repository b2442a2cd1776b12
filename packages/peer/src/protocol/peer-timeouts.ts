import { MINUTE } from '@sapwood/transport-v1v2/environment'
import { INACTIVITY_TIMEOUT, PING_INTERVAL } from './keep-alive.ts'
import type { PeerTimeouts } from '../contract/peer-options.ts'

/** The timeouts of a connection, each default filled in. */
export function peerTimeouts(timeouts: PeerTimeouts = {}): Required<PeerTimeouts> {
  return {
    handshake: MINUTE,
    pingInterval: PING_INTERVAL,
    pong: INACTIVITY_TIMEOUT,
    inactivity: INACTIVITY_TIMEOUT,
    request: MINUTE,
    addressFetch: 5 * MINUTE,
    privateBroadcast: 3 * MINUTE,
    close: 1_000,
    ...timeouts,
  }
}

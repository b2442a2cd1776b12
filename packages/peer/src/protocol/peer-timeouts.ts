import { INACTIVITY_TIMEOUT, PING_INTERVAL } from './keep-alive.ts'
import type { PeerTimeouts } from '../contract/peer-options.ts'

/** The timeouts of a connection, each default filled in. */
export function peerTimeouts(timeouts: PeerTimeouts = {}): Required<PeerTimeouts> {
  return {
    handshake: 60_000,
    pingInterval: PING_INTERVAL,
    pong: INACTIVITY_TIMEOUT,
    inactivity: INACTIVITY_TIMEOUT,
    request: 60_000,
    addressFetch: 300_000,
    privateBroadcast: 180_000,
    close: 1_000,
    ...timeouts,
  }
}

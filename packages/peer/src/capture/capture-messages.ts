import type { PeerEventSource, Unsubscribe } from '../contract/peer-events.ts'
import { encodeCapturedMessage } from './capture-format.ts'

/** Where records go. Core's names are `msgs_recv.dat` and `msgs_sent.dat`, in a folder for each peer. */
export interface CaptureSink {
  received(record: Uint8Array): void
  sent(record: Uint8Array): void
}

/**
 * Captures every message of a peer from now on, in the format of Core's `-capturemessages`. Called in the
 * same turn as `createPeer`, it has our own `version` too, which has left by then.
 */
export function captureMessages(events: PeerEventSource, sink: CaptureSink): Unsubscribe {
  return events.on('trace', ({ direction, command, payload, at }) => {
    sink[direction](encodeCapturedMessage({ time: at * 1_000, command, payload }))
  })
}

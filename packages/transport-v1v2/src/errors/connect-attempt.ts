import type { TransportError, TransportPhase } from './transport-error.ts'

/** The two framings of Bitcoin's peer-to-peer protocol. */
export type TransportProtocol = 'v1' | 'v2'

/** One try of `connect`: what was spoken, how far it came and why it ended. */
export interface ConnectAttempt {
  readonly protocol: TransportProtocol
  /** How far it came: `dial` when there never was a stream, `application` when it succeeded. */
  readonly phase: TransportPhase
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Duration in milliseconds, from the dial to the end of the handshake or the failure. */
  readonly milliseconds: number
  /** Why it ended; absent on the attempt that succeeded. */
  readonly error?: TransportError
}

import type { Network } from '@sapwood/wire-codec'
import type { TransportProtocol } from '../errors/transport-error.ts'
import type { HandshakeGate } from './handshake-gate.ts'
import type { TransportOptions } from './transport-options.ts'

/** How a remote that dialled us is answered. */
export interface AcceptOptions extends TransportOptions {
  readonly network: Network
  /** Protocols that are spoken; a remote that speaks another is a typed error. Default: both. */
  readonly protocols?: readonly TransportProtocol[]
  /** Ends it; `accept` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Bounds what v2 handshakes cost; one for all who dial us. Default: nothing does. */
  readonly gate?: HandshakeGate
  /**
   * Milliseconds that the remote has to complete the v2 handshake, or to show that it speaks v1. Default:
   * 60,000.
   */
  readonly timeout?: number
}

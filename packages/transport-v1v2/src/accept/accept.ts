import type { Network } from '@sapwood/wire-codec'
import type { TransportProtocol } from '../connect/attempt.ts'
import type { TransportComponents } from '../connect/components.ts'
import type { TransportOptions } from '../connect/transport-options.ts'
import type { Transport } from '../connect/transport.ts'
import type { ByteStream } from '../stream/byte-stream.ts'

export interface AcceptOptions extends TransportOptions {
  readonly network: Network
  /** Protocols that are spoken; a remote that speaks another is a typed error. Default: both. */
  readonly protocols?: readonly TransportProtocol[]
  /** Ends it; `accept` then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Milliseconds that the remote has to complete the v2 handshake, or to show that it speaks v1. Default: 60,000. */
  readonly timeout?: number
}

/**
 * Answers a remote that connected to us, in the protocol that it speaks: v1 if its first 16 bytes are those of a v1
 * `version` message, else v2 as the responder of BIP324, which stays silent until then.
 * @throws TransportError; the stream is aborted then.
 */
export async function accept(
  stream: ByteStream,
  options: AcceptOptions,
  components: TransportComponents = {},
): Promise<Transport> {
  stream.abort(new Error('not yet'))
  throw new Error(`not yet: ${options.network.name} ${Object.keys(components).length}`)
}

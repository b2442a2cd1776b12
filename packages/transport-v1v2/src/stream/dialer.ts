import type { PeerAddress } from '@sapwood/wire-codec'
import type { ByteStream } from './byte-stream.ts'

export interface DialOptions {
  /** Ends the attempt; `dial` then rejects with the signal's reason and leaves nothing open. */
  readonly signal: AbortSignal
  /**
   * Attempts with the same key may share what a proxy keeps apart (a Tor circuit). A redial of one connection
   * carries its first attempt's key. Dialers without such a notion ignore it.
   */
  readonly isolation?: string
}

/** A way to reach a peer. */
export interface Dialer {
  dial(address: PeerAddress, options: DialOptions): Promise<ByteStream>
}

import type { PeerAddress } from '@sapwood/wire-codec'
import type { Resolver } from '../environment/resolver.ts'
import type { ByteStream } from './byte-stream.ts'

/** What a dial goes by. */
export interface DialOptions {
  /** Ends the attempt; `dial` then rejects with the signal's reason and leaves nothing open. */
  readonly signal: AbortSignal
  /**
   * Attempts with the same key may share what a proxy keeps apart (a Tor circuit). A redial of one connection
   * carries its first attempt's key. Dialers without such a notion ignore it.
   */
  readonly isolation?: string | undefined
}

/** A way to reach a peer. */
export interface Dialer {
  /**
   * What resolves names for it on this machine. Whoever has to know which addresses a name stands for, before
   * or after it is dialled, asks this and dials those. Absent where no name is resolved here.
   */
  readonly resolver?: Resolver
  dial(address: PeerAddress, options: DialOptions): Promise<ByteStream>
}

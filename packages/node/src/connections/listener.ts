import type { NetworkAddress } from '@sapwood/wire-codec'
import type { ByteStream } from '@sapwood/transport-v1v2'

/** A remote that reached us. */
export interface InboundStream {
  readonly stream: ByteStream
  /** Where it comes from; absent where that is hidden (a connection through our own onion service). */
  readonly address?: NetworkAddress
  /** What of ours it dialled: the onion service's network says that the remote came through Tor. */
  readonly via: 'tcp' | 'onion' | 'i2p'
  /** Our side, as text. */
  readonly localAddress?: string
}

/** A place that is being listened on. */
export interface Listening {
  /** As text, for people. */
  readonly address: string
  /** The port that was taken, where there is one. */
  readonly port?: number
  /** What can be gossiped of it, where it can be. */
  readonly announce?: NetworkAddress
  close(): Promise<void>
}

/** A way in: a TCP port, an onion service, an I2P destination. */
export interface Listener {
  listen(
    onStream: (inbound: InboundStream) => void,
    options: { readonly signal: AbortSignal },
  ): Promise<Listening>
}

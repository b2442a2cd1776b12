import type { NetworkAddress } from '@sapwood/wire-codec'

/** Where `createTcpListener` listens. */
export interface TcpListenerOptions {
  /** Local IP address. Default: `127.0.0.1`; `0.0.0.0` and `::` are open to the world. */
  readonly host?: string
  /** Default: 0, a free one. */
  readonly port?: number
  /** What to tell other nodes of it; where it is left out, nobody is told. */
  readonly announce?: NetworkAddress
  /** `onion` for a port that only an onion service leads to: remotes then have no address of their own. */
  readonly via?: 'tcp' | 'onion'
  /** Sockets open at the same time, past which none is taken. Default: 256; the node's slots are stricter. */
  readonly maxSockets?: number
}

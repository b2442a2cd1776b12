import type { NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import type { ConnectionKind, DisconnectReport, PeerId, PeerVersion } from '@sapwood/peer'
import type { TransportProtocol } from '@sapwood/transport-v1v2'

/**
 * A connection, as the events name it. `address` is absent for a remote that
 * reached us through a hidden service.
 */
export interface ConnectionFacts {
  readonly peer: PeerId
  readonly kind: ConnectionKind
  readonly address?: PeerAddress
}

/** What is told of connections. */
export interface ConnectionEvents {
  /** A dial began. It ends in `peer-connected` or `connection-failed`. */
  'peer-connecting': ConnectionFacts
  /** The remote was not reached, or did not agree on a transport. */
  'connection-failed': ConnectionFacts & { readonly error: Error; readonly retryIn?: number }
  /** Both sides agree on a transport; the version handshake begins. */
  'peer-connected': ConnectionFacts & {
    readonly protocol: TransportProtocol
    /** BIP324 session id, 32 bytes; v2 only. */
    readonly sessionId?: Uint8Array
  }
  /**
   * A connection speaks v1 though v2 was tried first on it, or the remote then says that it speaks v2
   * (BIP324): it can be read and changed on its way, and somebody on that way may have wanted that.
   */
  'transport-downgraded': ConnectionFacts & {
    /** Why v2 failed; absent where it was not tried. */
    readonly error?: Error
  }
  /** The version handshake is done. */
  'peer-ready': ConnectionFacts & { readonly version: PeerVersion; readonly protocol: TransportProtocol }
  /** A connection ended, and why: every `peer-connected` is followed by exactly one of these. */
  'peer-disconnected': ConnectionFacts & DisconnectReport & { readonly retryIn?: number }
  /** A remote that dialled us was not let in. */
  'inbound-refused': {
    readonly address?: NetworkAddress
    readonly why:
      | 'banned'
      | 'busy'
      | 'discouraged'
      | 'full'
      | 'gone'
      | 'network-inactive'
      | 'handshake-failed'
    readonly error?: Error
  }
  'network-active': { readonly active: boolean }
}

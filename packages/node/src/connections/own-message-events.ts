import type { AnyMessage } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'

/** What is told of messages that are the program's own (`registry` of the node's options). */
export interface OwnMessageEvents {
  /** A peer past its handshake sent one. Byte fields may be views into what arrived: copy what is kept. */
  'own-message': { readonly peer: PeerId; readonly message: AnyMessage }
}

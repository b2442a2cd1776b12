import type { AnyMessage, Message } from '@sapwood/wire-codec'
import type { Peer } from '@sapwood/peer'
import type { ReadyConnection } from '../connections/connection-record.ts'
import type { PeerInfos } from './peer-infos.ts'

/**
 * One connected peer, for what the handle does not cover. The node goes on speaking to it meanwhile, and owns
 * the connection: `disconnectPeer` ends it.
 */
export interface NodePeer extends Pick<Peer, 'id' | 'kind' | 'events' | 'info' | 'request' | 'ready'> {
  /**
   * Sends a message as it is: one of the protocol, or of the `registry` that the node was made with. What it
   * asks for is handled as if the node had asked; use `request` for what is to be answered to you.
   * @returns false when more is queued than the remote has taken: `await ready()` before sending more.
   */
  send(message: Message | AnyMessage): boolean
}

export function createNodePeer({ peer }: ReadyConnection, infos: PeerInfos): NodePeer {
  // The peer hears of the messages of the registry that the node was made with.
  const speaker = peer as Peer<AnyMessage>
  return {
    id: peer.id,
    kind: peer.kind,
    events: peer.events,
    info: () => infos.of(peer),
    request: (request, options) => peer.request(request, options),
    send: (message) => speaker.send(message),
    ready: () => peer.ready(),
  }
}

import type { AnyMessage } from '@sapwood/wire-codec'
import type { Transport } from '@sapwood/transport-v1v2'
import {
  guardedLogger,
  systemClock,
  systemRandom,
  unboundedAccount,
} from '@sapwood/transport-v1v2/environment'
import { aTransport, somePeerComponents, somePeerOptions } from '../contract/peer-checks.ts'
import { peerId } from '../contract/peer-id.ts'
import { refuseArgument } from '../contract/refuse-argument.ts'
import { refuseUnsayable } from '../handshake/refuse-unsayable.ts'
import { peerTimeouts } from '../protocol/peer-timeouts.ts'
import { type FilledOptions, PeerConnection } from './peer-connection.ts'
import type { PeerComponents, PeerOptions } from '../contract/peer-options.ts'
import type { Peer } from '../contract/peer.ts'

/**
 * Starts a peer on a connected transport. The peer owns the transport from here on. It sends `version` at
 * once where we dialled, and waits for the remote's where we were dialled.
 * @throws PeerError `invalid-argument`.
 */
export function createPeer<Own extends AnyMessage = never>(
  transport: Transport,
  options: PeerOptions<Own>,
  components: PeerComponents<NoInfer<Own>> = {},
): Peer<Own> {
  refuseArgument(aTransport, transport, 'createPeer: transport')
  refuseArgument(somePeerOptions, options, 'createPeer: options')
  refuseArgument(somePeerComponents, components, 'createPeer: components')
  refuseUnsayable(options)
  const filled: FilledOptions = {
    ...options,
    id: options.id ?? peerId(0),
    timeouts: peerTimeouts(options.timeouts),
  }
  const connection = new PeerConnection(transport, filled, {
    clock: systemClock,
    random: systemRandom,
    memory: unboundedAccount(),
    ...components,
    logger: guardedLogger(components.logger),
  })
  // Of messages that are not the protocol's it hears only what the codecs of `options.registry` give.
  return connection.start() as Peer<AnyMessage> as Peer<Own>
}

import { accept, connect, type Dialer, streamPair, type Transport } from '@sapwood/transport-v1v2'
import { type Network, networks } from '@sapwood/wire-codec'
import { createPeer, type Peer, type PeerComponents, peerId } from '../../src/index.ts'

export const network: Network = networks.regtest

/** Both ends of a v2 connection in memory. */
export async function transports(): Promise<readonly [Transport, Transport]> {
  const [near, far] = streamPair()
  const dialer: Dialer = { dial: () => Promise.resolve(near) }
  const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 18444 } as const
  return await Promise.all([connect(address, { dialer, network }), accept(far, { network })])
}

/**
 * Two peers on a v2 connection in memory, ready. What a bench does is more than an honest remote would: no
 * limits.
 */
export async function peers(
  services: PeerComponents['services'] = {},
  [near, far]: readonly [Transport, Transport] | [] = [],
): Promise<readonly [Peer, Peer]> {
  const pair = near === undefined || far === undefined ? await transports() : ([near, far] as const)
  const limits = { messages: { ping: false, getdata: false }, work: false } as const
  const dialler = createPeer(pair[0], { id: peerId(1), kind: 'manual', network, limits })
  const listener = createPeer(pair[1], { id: peerId(2), kind: 'inbound', network, limits }, { services })
  await Promise.all([dialler.handshake, listener.handshake])
  return [dialler, listener]
}

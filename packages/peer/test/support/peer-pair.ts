import {
  accept,
  connect,
  type Dialer,
  onlyV1,
  streamPair,
  type StreamPairOptions,
  type Transport,
} from '@sapwood/transport-v1v2'
import { systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { type Network, networks } from '@sapwood/wire-codec'
import { createPeer, type Peer, type PeerComponents, peerId, type PeerOptions } from '../../src/index.ts'

export const network: Network = networks.regtest

export interface TransportPairOptions {
  readonly protocol?: 'v1' | 'v2'
  readonly components?: Pick<PeerComponents, 'clock' | 'random'>
  readonly stream?: StreamPairOptions
}

/** Both ends of a connection in memory. The accepting end is there once the dialling end has spoken (v1). */
export async function transportPair(
  options: TransportPairOptions = {},
): Promise<{ readonly dialled: Transport; readonly accepted: Promise<Transport> }> {
  const [near, far] = streamPair(options.stream)
  const dialer: Dialer = { dial: () => Promise.resolve(near) }
  const components = options.components ?? { clock: systemClock, random: systemRandom }
  const address = { network: 'ipv4', bytes: Uint8Array.of(127, 0, 0, 1), port: 18444 } as const
  const fallback = options.protocol === 'v1' ? { fallback: onlyV1 } : {}
  const accepted = accept(far, { network }, components)
  return { dialled: await connect(address, { dialer, network, ...fallback }, components), accepted }
}

type PairOptions = Partial<PeerOptions> & { readonly components?: Partial<PeerComponents> }

/** Two peers joined in memory: the one that dialled, and the one that was dialled. */
export async function peerPair(
  ours: PairOptions = {},
  theirs: PairOptions = {},
  transport: TransportPairOptions = {},
): Promise<{ readonly dialler: Peer; readonly listener: Peer }> {
  const { dialled, accepted } = await transportPair(transport)
  const base = transport.components ?? { clock: systemClock, random: systemRandom }
  const { components: ourComponents, ...ourOptions } = ours
  const { components: theirComponents, ...theirOptions } = theirs
  const dialler = createPeer(
    dialled,
    { id: peerId(1), kind: 'outbound-full-relay', network, ...ourOptions },
    { ...base, ...ourComponents },
  )
  const listener = createPeer(
    await accepted,
    { id: peerId(2), kind: 'inbound', network, ...theirOptions },
    { ...base, ...theirComponents },
  )
  return { dialler, listener }
}

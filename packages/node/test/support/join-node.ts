import type { InventoryVector } from '@sapwood/wire-codec'
import { createPeer, type Peer, type PeerOptions } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createSeededRandom, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { address } from './addresses.ts'
import { regtest } from './make-chain.ts'
import type { MemoryNetwork } from './memory-network.ts'

export interface Client {
  readonly peer: Peer
  /** What it was told of. */
  readonly told: InventoryVector[]
}

/** Where the node is that is joined. */
export const JOINED = '1.2.3.4:18444'

/** Joins the node at `JOINED` from an address, on virtual time. */
export async function joinNode(
  from: string,
  clock: VirtualClock,
  network: MemoryNetwork,
  version: NonNullable<PeerOptions['version']> = {},
): Promise<Client> {
  const random = createSeededRandom(from)
  const connecting = connect(
    address(JOINED),
    { dialer: network.dialerOf(from), network: regtest },
    { clock, random },
  )
  await clock.advance(1_000)
  const peer = createPeer(await connecting, { network: regtest, kind: 'manual', version }, { clock, random })
  const told: InventoryVector[] = []
  peer.events.on('message', ({ message }) => {
    if (message.type === 'inv') told.push(...message.inventory)
  })
  await clock.advance(1_000)
  await peer.handshake
  return { peer, told }
}

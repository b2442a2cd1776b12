import type { InventoryVector } from '@sapwood/wire-codec'
import { createPeer, type Peer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createSeededRandom, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { regtest } from './make-chain.ts'
import type { MemoryNetwork } from './memory-network.ts'

export interface Client {
  readonly peer: Peer
  /** What it was told of. */
  readonly told: InventoryVector[]
}

/** Joins the node at 1.2.3.4:18444 from an address, on virtual time. */
export async function joinNode(
  address: string,
  clock: VirtualClock,
  network: MemoryNetwork,
): Promise<Client> {
  const random = createSeededRandom(address)
  const connecting = connect(
    { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18_444 },
    { dialer: network.dialerOf(address), network: regtest },
    { clock, random },
  )
  await clock.advance(1_000)
  const peer = createPeer(await connecting, { network: regtest, kind: 'manual' }, { clock, random })
  const told: InventoryVector[] = []
  peer.events.on('message', ({ message }) => {
    if (message.type === 'inv') told.push(...message.inventory)
  })
  await clock.advance(1_000)
  await peer.handshake
  return { peer, told }
}

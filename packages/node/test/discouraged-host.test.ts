import { formatPeerAddress, regtest } from '@sapwood/wire-codec'
import { connect, streamPair } from '@sapwood/transport-v1v2'
import { createPeer, type Peer } from '@sapwood/peer'
import { createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import type { InboundStream, Listener, NodeEventOf } from '../src/index.ts'
import { mineHeaders } from './support/make-chain.ts'
import { address } from './support/addresses.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

/** A listener that a test reaches from whatever address it likes. */
function openDoor(): { readonly listener: Listener; readonly enter: (inbound: InboundStream) => void } {
  let enter: (inbound: InboundStream) => void = () => undefined
  return {
    enter: (inbound) => enter(inbound),
    listener: {
      listen: async (onStream) => {
        enter = onStream
        return { address: 'here', close: async () => undefined }
      },
    },
  }
}

async function dial(door: ReturnType<typeof openDoor>, clock: VirtualClock, from: string): Promise<Peer> {
  const [near, far] = streamPair()
  door.enter({ stream: far, address: address(from), via: 'tcp' })
  const dialer = { dial: async () => near }
  const transport = await connect(address('1.2.3.4:18444'), { dialer, network: regtest }, { clock })
  return createPeer(transport, { network: regtest, kind: 'outbound-full-relay' }, { clock })
}

it('a host that misbehaves on one connection loses its others, whatever their ports; those we added stay', async () => {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const door = openDoor()
  const ended: NodeEventOf<'peer-disconnected'>[] = []
  const node = await startNode({
    network,
    clock,
    address: '1.2.3.4:18444',
    components: { listeners: [door.listener] },
  })
  node.events.on('peer-disconnected', (event) => void ended.push(event))
  const added = await startNode({ network, clock, address: '203.0.113.5:18444' })
  const connecting = node.network.connectPeer('203.0.113.5:18444')
  await clock.advance(1_000)
  await connecting
  const peers = await Promise.all(
    ['203.0.113.5:1', '203.0.113.5:2', '203.0.113.5:3', '203.0.113.6:4'].map((from) =>
      dial(door, clock, from),
    ),
  )
  await clock.advance(1_000)
  expect(node.peers()).toHaveLength(5)
  const [first, , third] = mineHeaders(regtest.genesis, 3)
  peers[0]!.send({ type: 'headers', headers: [first!, third!] })
  await clock.advance(2_000)
  const details = ended.map(({ reason }) => (reason.code === 'requested' ? reason.detail : reason.code))
  expect(details.filter((detail) => detail === 'discouraged')).toHaveLength(2)
  expect(ended).toHaveLength(3)
  expect(
    node
      .peers()
      .map(({ address: remote }) => formatPeerAddress(remote!))
      .sort(),
  ).toEqual(['203.0.113.5:18444', '203.0.113.6:4'])
  await Promise.all(peers.map((peer) => peer.disconnect()))
  await stopNodes(clock, node, added)
})

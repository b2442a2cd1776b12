import { asBlockHash, InventoryType } from '@sapwood/wire-codec'
import { createPeer } from '@sapwood/peer'
import { connect } from '@sapwood/transport-v1v2'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import { regtest } from './support/make-chain.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const ENTRIES = 1_000

it('counts in its budget what a peer has it hold, until the peer is gone', async () => {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const random = createSeededRandom('a stranger')
  const node = await startNode({
    network,
    clock,
    address: '1.2.3.4:18444',
    components: { services: { block: () => new Promise(() => undefined) } },
  })
  const connecting = connect(
    { network: 'ipv4', bytes: Uint8Array.of(1, 2, 3, 4), port: 18444 },
    { dialer: network.dialerOf('5.6.7.8:18444'), network: regtest },
    { clock, random },
  )
  await clock.advance(1_000)
  const peer = createPeer(await connecting, { network: regtest, kind: 'manual' }, { clock, random })
  await clock.advance(1_000)
  const hash = asBlockHash(new Uint8Array(32).fill(7))
  peer.send({
    type: 'getdata',
    inventory: Array.from({ length: ENTRIES }, () => ({ type: InventoryType.WITNESS_BLOCK, hash })),
  })
  await clock.advance(1_000)
  expect(node.info().memory.byPurpose.serving).toBeGreaterThan(36 * ENTRIES)
  expect(node.info().memory.inbound).toBeGreaterThan(36 * ENTRIES)

  const closing = peer.disconnect()
  await clock.advance(5_000)
  await closing
  expect(node.info().memory.used).toBe(0)
  await stopNodes(clock, node)
})

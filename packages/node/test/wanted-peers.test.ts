import { Services } from '@sapwood/wire-codec'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { expect, it } from 'vitest'
import type { NodeHandle } from '../src/index.ts'
import { address, FULL_NODE } from './support/addresses.ts'
import { createMemoryNetwork } from './support/memory-network.ts'
import { startNode, stopNodes } from './support/start-node.ts'

const MINUTE = 60_000
const US = '9.9.9.9:18444'
const PLAIN = [11, 12, 13, 14].map((n) => `${n}.1.1.1:18444`)
const BRIDGES = [21, 22, 23].map((n) => `${n}.1.1.1:18444`)
const BRIDGE = FULL_NODE | Services.UTREEXO | Services.UTREEXO_ARCHIVE

it('bridges of which a node hears once its slots are full are dialled all the same, two of them, and stay', async () => {
  const network = createMemoryNetwork()
  const clock = createVirtualClock()
  const servers: NodeHandle[] = []
  for (const [services, texts] of [[FULL_NODE, PLAIN] as const, [BRIDGE, BRIDGES] as const])
    for (const text of texts)
      servers.push(await startNode({ network, clock, address: text, node: { services } }))
  const us = await startNode({
    network,
    clock,
    address: US,
    node: { utreexo: true, slots: { fullRelay: 3, blockRelayOnly: 0, feelers: false } },
  })
  const hear = async (texts: readonly string[], services: bigint): Promise<void> => {
    const time = Math.floor(clock.wallTime() / 1_000)
    await us.addresses.add(
      texts.map((text) => ({ address: address(text), services, time })),
      '8.8.8.8',
    )
  }
  const connected = (): string[] =>
    us
      .peers()
      .filter(({ inbound, state }) => !inbound && state === 'ready')
      .map(({ address: to }) => (to !== undefined && 'bytes' in to ? String(to.bytes[0]) : ''))
  const bridges = (): number => connected().filter((first) => Number(first) > 20).length
  await hear(PLAIN, FULL_NODE)
  await clock.advance(MINUTE)
  expect([connected().length, bridges()]).toEqual([3, 0])
  await hear(BRIDGES, BRIDGE)
  for (let minute = 0; minute < 5; minute++) await clock.advance(MINUTE)
  expect([connected().length, bridges()]).toEqual([3, 2])
  const before = connected()
  for (let minute = 0; minute < 5; minute++) await clock.advance(MINUTE)
  expect(connected()).toEqual(before)
  await stopNodes(clock, us, ...servers)
  expect(clock.pendingTimers).toBe(0)
})

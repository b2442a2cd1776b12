import type { GossipedAddress, Message, NetworkAddress } from '@sapwood/wire-codec'
import { type ConnectionKind, type Peer, peerId } from '@sapwood/peer'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address, FULL_NODE, nthAddress } from '../../test/support/addresses.ts'
import type { ReadyConnection } from './connection-record.ts'
import { AddressGossip } from './address-gossip.ts'
import { AddressManager } from '../addresses/address-manager.ts'
import { createServedAddresses } from '../addresses/served-addresses.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ONION = 'kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion:8333'
const OURS = address('203.0.113.77:8333')

/** As the answer to `getaddr` notes it. */
function asks(record: ReadyConnection): void {
  record.askedForAddresses = true
}

function setUp(own = [OURS]) {
  const clock = createVirtualClock()
  const random = createSeededRandom(1)
  const addresses = new AddressManager({}, { clock, random })
  const gossip = new AddressGossip({
    clock,
    random,
    addresses,
    isAvoided: ({ bytes }) => bytes[0] === 66,
    reachable: new Set(['ipv4', 'ipv6']),
    ownAddresses: () => own,
    ownServices: () => FULL_NODE,
    added: () => undefined,
  })
  const sent: { readonly id: number; readonly message: Message }[] = []
  const connect = (
    id: number,
    kind: ConnectionKind,
    addrv2 = true,
    known: Partial<ReadyConnection> = {},
  ): ReadyConnection => {
    const record = {
      id: peerId(id),
      kind,
      address: address(`250.${id}.1.1:8333`),
      ...known,
      version: { addrv2 },
      peer: { send: (message: Message) => void sent.push({ id, message }) } as unknown as Peer,
    } as unknown as ReadyConnection
    gossip.ready(record)
    return record
  }
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 1_000) {
      await clock.advance(1_000)
      gossip.tick(clock.now())
    }
  }
  const seconds = (ago = 0): number => Math.floor(clock.now() / 1_000) - ago
  const told = (text: string, ago = 0, services = FULL_NODE): GossipedAddress => ({
    address: address(text),
    services,
    time: seconds(ago),
  })
  const nthOnion = (n: number): NetworkAddress => {
    const bytes = new Uint8Array(32)
    new DataView(bytes.buffer).setUint32(0, n)
    return { network: 'torv3', bytes, port: 8333 }
  }
  return { clock, random, addresses, gossip, sent, connect, pass, told, seconds, nthOnion }
}

describe('address gossip', () => {
  it('tells nobody of our addresses in two networks of which one hides us', async () => {
    const onion = address(ONION)
    const i2p = address('ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:0')
    const six = address('[2a00::1]:8333')
    const { sent, connect, pass } = setUp([OURS, six, onion, i2p])
    connect(1, 'outbound-full-relay')
    connect(2, 'outbound-full-relay', true, { address: address('[2a00:5::1]:8333') })
    connect(3, 'outbound-full-relay', true, { address: { ...onion, bytes: new Uint8Array(32).fill(7) } })
    asks(connect(4, 'inbound', true, { via: 'onion' }))
    asks(connect(5, 'inbound', true, { via: 'i2p' }))
    asks(connect(6, 'inbound', true, { via: 'tcp' }))
    connect(7, 'manual', true, { address: { network: 'name', host: 'peer.example', port: 8333 } })
    await pass(2_000)
    const told = sent.map(({ id, message }) => [
      id,
      message.type === 'addrv2' ? message.addresses.map((each) => each.address) : message.type,
    ])
    expect(Object.fromEntries(told)).toEqual({
      1: [OURS, six],
      2: [OURS, six],
      3: [onion],
      4: [onion],
      5: [i2p],
      6: [OURS, six],
      7: [OURS, six],
    })
  })

  it('tells outbound peers of ourselves first, and inbound ones once they take part', async () => {
    const { sent, connect, pass } = setUp()
    connect(1, 'outbound-full-relay')
    const inbound = connect(2, 'inbound')
    connect(3, 'block-relay-only')
    connect(4, 'feeler')
    connect(5, 'addr-fetch')
    await pass(2_000)
    expect(sent.map(({ id }) => id)).toEqual([1, 5])
    expect(sent[0]?.message).toMatchObject({
      type: 'addrv2',
      addresses: [{ address: OURS, services: FULL_NODE }],
    })
    asks(inbound)
    await pass(1_000)
    expect(sent.map(({ id }) => id)).toEqual([1, 5, 2])
  })

  it('keeps what serves the chain, is reachable and not avoided, with a time that can be', () => {
    const { gossip, connect, addresses, told, clock, seconds } = setUp()
    const peer = connect(1, 'inbound')
    gossip.received(peer, [
      told('44.1.1.1:8333'),
      told('45.1.1.1:8333', 0, 8n),
      told('66.1.1.1:8333'),
      told(ONION),
      { ...told('46.1.1.1:8333'), time: seconds() + 3_600 },
      { ...told('47.1.1.1:8333'), time: 5 },
    ])
    expect(addresses.size).toBe(3)
    expect(addresses.get(address('44.1.1.1:8333'))?.time).toBe(clock.now() - 2 * HOUR)
    for (const text of ['46.1.1.1:8333', '47.1.1.1:8333'])
      expect(addresses.get(address(text))?.time).toBe(clock.now() - 5 * 24 * HOUR - 2 * HOUR)
  })

  it('passes a fresh announcement on to two peers, never back, and once each', async () => {
    const { gossip, connect, sent, pass, told } = setUp([])
    const from = connect(1, 'inbound')
    asks(from)
    const others = [2, 3, 4, 5, 6].map((id) => connect(id, 'outbound-full-relay'))
    for (const other of others) gossip.received(other, [])
    const fresh = told('44.1.1.1:8333')
    gossip.received(from, [fresh])
    gossip.received(from, [fresh])
    await pass(10 * MINUTE)
    const receivers = sent.map(({ id }) => id)
    expect(receivers).toHaveLength(2)
    expect(new Set(receivers).size).toBe(2)
    expect(receivers).not.toContain(1)
  })

  it('passes on nothing old, nothing of a long list, and nothing that answers our own question', async () => {
    const { gossip, connect, sent, pass, told } = setUp([])
    const from = connect(1, 'inbound')
    connect(2, 'outbound-full-relay')
    const answering = connect(3, 'outbound-full-relay')
    gossip.received(from, [told('44.1.1.1:8333', 3_600)])
    gossip.received(
      from,
      Array.from({ length: 11 }, (_, i) => told(`44.1.2.${i + 1}:8333`)),
    )
    gossip.received(answering, [told('44.1.1.2:8333')])
    await pass(10 * MINUTE)
    expect(sent).toEqual([])
  })

  it('speaks `addr` to those that know no other, and leaves out what that cannot carry', async () => {
    const { connect, sent, pass } = setUp([OURS, address(ONION)])
    connect(1, 'outbound-full-relay', false)
    await pass(2_000)
    expect(sent[0]?.message).toMatchObject({ type: 'addr', addresses: [{ address: OURS }] })
    expect(sent[0]?.message).toHaveProperty('addresses.length', 1)
  })
})

describe('who takes part in address gossip', () => {
  it('is an inbound peer that asked before the loop knew of it', async () => {
    const { connect, sent, pass } = setUp()
    const early = { id: peerId(1) } as unknown as ReadyConnection
    asks(early)
    connect(1, 'inbound', true, early)
    connect(2, 'inbound')
    await pass(2_000)
    expect(sent.map(({ id }) => id)).toEqual([1])
  })

  it('is nobody for what the rate limit leaves of a message of more than ten', async () => {
    const { gossip, connect, sent, pass, told } = setUp([])
    const from = connect(1, 'inbound')
    connect(2, 'outbound-full-relay')
    gossip.received(from, [told('44.1.1.1:8333')], 11)
    await pass(10 * MINUTE)
    expect(sent).toEqual([])
    gossip.received(from, [told('44.1.1.2:8333')], 10)
    gossip.received(connect(3, 'outbound-full-relay'), [told('44.1.1.3:8333')], 1_000)
    await pass(10 * MINUTE)
    expect(sent.map(({ id }) => id)).toEqual([2])
  })

  it('is still answering our question after a full message, whatever the rate limit leaves of it', async () => {
    const { gossip, connect, sent, pass, told } = setUp([])
    const from = connect(1, 'outbound-full-relay')
    connect(2, 'outbound-full-relay')
    gossip.received(from, [told('44.1.1.1:8333')], 1_000)
    gossip.received(from, [told('44.1.1.2:8333')])
    await pass(10 * MINUTE)
    expect(sent).toEqual([])
    gossip.received(from, [told('44.1.1.3:8333')])
    await pass(10 * MINUTE)
    expect(sent.map(({ id }) => id)).toEqual([2])
  })

  it('is who can take the address: onion services all come to the one peer that knows addrv2', async () => {
    const { gossip, connect, sent, pass, told, nthOnion } = setUp([])
    const from = connect(1, 'inbound')
    const able = connect(2, 'inbound')
    asks(able)
    for (let id = 3; id < 9; id++) asks(connect(id, 'inbound', false))
    for (let i = 0; i < 10; i++) gossip.received(from, [{ ...told(ONION), address: nthOnion(i) }])
    await pass(30 * MINUTE)
    expect(new Set(sent.map(({ id }) => id))).toEqual(new Set([2]))
    const addresses = sent.flatMap(({ message }) => (message.type === 'addrv2' ? message.addresses : []))
    expect(addresses).toHaveLength(10)
  })

  it('is every peer for some addresses, none for most of them', async () => {
    const { gossip, connect, told, sent, pass } = setUp([])
    const from = connect(200, 'inbound')
    for (let id = 1; id <= 20; id++) asks(connect(id, 'inbound'))
    for (let i = 0; i < 2_000; i++) gossip.received(from, [{ ...told('44.1.1.1'), address: nthAddress(i) }])
    await pass(30 * MINUTE)
    const counts = new Map<number, number>()
    for (const { id, message } of sent)
      if (message.type === 'addrv2') counts.set(id, (counts.get(id) ?? 0) + message.addresses.length)
    expect(counts.size).toBe(20)
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(4_000)
    for (const count of counts.values()) expect(count).toBeLessThan(600)
  })
})

describe('the answer to getaddr', () => {
  it('is the same for a day for all who ask over one network, and no more than a share of the tables', async () => {
    const { clock, random, addresses } = setUp()
    for (let i = 0; i < 2_000; i++)
      addresses.add([{ address: nthAddress(i), services: FULL_NODE, time: clock.wallTime() }], nthAddress(i))
    const served = createServedAddresses({ clock, random, addresses, isAvoided: () => false })
    const first = served.answer('ipv4')
    expect(first.length).toBe(Math.floor(addresses.size * 0.23))
    expect(served.answer('ipv4')).toBe(first)
    expect(served.answer('torv3')).not.toEqual(first)
    await clock.advance(20 * HOUR)
    expect(served.answer('ipv4')).toBe(first)
    await clock.advance(8 * HOUR)
    expect(served.answer('ipv4')).not.toBe(first)
  })

  it('of a young table is short-lived, and shows what there is', async () => {
    const { clock, random, addresses } = setUp()
    const served = createServedAddresses({ clock, random, addresses, isAvoided: () => false })
    expect(served.answer('ipv4')).toEqual([])
    addresses.add([{ address: nthAddress(1), services: FULL_NODE, time: clock.wallTime() }], nthAddress(1))
    await clock.advance(MINUTE)
    expect(served.answer('ipv4')).toMatchObject([
      { address: nthAddress(1), time: Math.floor((clock.now() - MINUTE) / 1_000) },
    ])
  })
})

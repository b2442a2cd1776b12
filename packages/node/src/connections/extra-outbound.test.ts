import { type ConnectionKind, type Peer, type PeerVersion } from '@sapwood/peer'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { connectionRecord } from '../../test/support/connection-record.ts'
import type { ConnectionRecord } from './connection-record.ts'
import { ConnectionTable } from './connection-table.ts'
import { ExtraOutbound } from './extra-outbound.ts'
import { slotLimits } from './slots.ts'

const MINUTE = 60_000
const ONION = 'kpgvmscirrdqpekbqjsvw5teanhatztpp2gl6eee4zkowvwfxwenqaid.onion:8333'

function setUp(limits: Parameters<typeof slotLimits>[0] = {}) {
  const clock = createVirtualClock()
  const table = new ConnectionTable()
  const gone: number[] = []
  const excused = new Set<number>()
  const extraOutbound = new ExtraOutbound(
    { limits: slotLimits(limits) },
    {
      clock,
      table,
      isExcused: (id) => excused.has(id),
      letGo: (record) => {
        gone.push(record.id)
        table.remove(record)
      },
    },
  )
  const connect = (id: number, kind: ConnectionKind, facts: Partial<ConnectionRecord> = {}): void =>
    table.add(
      connectionRecord(id, {
        kind,
        stage: 'ready',
        address: address(`250.${id}.1.1:8333`),
        startedAt: clock.now(),
        readyAt: clock.now(),
        version: {} as PeerVersion,
        peer: { info: () => ({ blocksInFlight: [] }) } as unknown as Peer,
        ...facts,
      }),
    )
  return { clock, extraOutbound, gone, excused, connect }
}

describe('outbound connections beyond the slots', () => {
  it('lets the one go that showed a new block the longest ago', async () => {
    const { clock, extraOutbound, gone, connect } = setUp({ fullRelay: 2 })
    connect(1, 'outbound-full-relay', { lastBlock: 300 })
    connect(2, 'outbound-full-relay', { lastBlock: 100 })
    connect(3, 'extra', { lastBlock: 200 })
    await clock.advance(MINUTE)
    extraOutbound.tick(clock.now())
    expect(gone).toEqual([2])
    await clock.advance(MINUTE)
    extraOutbound.tick(clock.now())
    expect(gone).toEqual([2])
  })

  it('keeps the only one of its network, those that are protected, and those that are new', async () => {
    const { clock, extraOutbound, gone, connect } = setUp({ fullRelay: 1 })
    connect(1, 'outbound-full-relay', { address: address(ONION) })
    connect(2, 'outbound-full-relay', { protected: true })
    connect(3, 'outbound-full-relay', { lastBlock: 5 })
    await clock.advance(MINUTE)
    connect(4, 'extra', { readyAt: clock.now() })
    extraOutbound.tick(clock.now())
    // 4 is the worst and too young to be judged.
    expect(gone).toEqual([])
    await clock.advance(MINUTE)
    extraOutbound.tick(clock.now())
    expect(gone).toEqual([4])
  })

  it('keeps those that are excused, and does not count on those that are leaving', async () => {
    const { clock, extraOutbound, gone, excused, connect } = setUp({ fullRelay: 2 })
    connect(1, 'outbound-full-relay', { lastBlock: 100 })
    connect(2, 'outbound-full-relay', { lastBlock: 200 })
    connect(3, 'extra', { lastBlock: 300 })
    connect(4, 'outbound-full-relay', { leaving: true })
    excused.add(1)
    await clock.advance(MINUTE)
    extraOutbound.tick(clock.now())
    expect(gone).toEqual([2])
  })

  it('of block-relay-only peers beyond the slots lets the younger go, unless it brought the newer block', async () => {
    const { clock, extraOutbound, gone, connect } = setUp({ blockRelayOnly: 2 })
    connect(1, 'block-relay-only', { lastBlock: 0 })
    connect(2, 'block-relay-only', { lastBlock: 10 })
    connect(3, 'block-relay-only', { lastBlock: 20 })
    await clock.advance(MINUTE)
    extraOutbound.tick(clock.now())
    expect(gone).toEqual([2])
    connect(4, 'block-relay-only')
    await clock.advance(MINUTE)
    extraOutbound.tick(clock.now())
    expect(gone).toEqual([2, 4])
  })
})

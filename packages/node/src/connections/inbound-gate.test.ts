import { type Peer, type PeerVersion } from '@sapwood/peer'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { connectionRecord } from '../../test/support/connection-record.ts'
import { ConnectionTable } from './connection-table.ts'
import { createInboundGate, type InboundGate } from './inbound-gate.ts'
import type { InboundStream } from './listener.ts'

const MAX_INBOUND = 60
const inbound = (text: string): InboundStream =>
  ({ address: address(text), via: 'tcp' }) as unknown as InboundStream

/** A node with all its inbound slots taken, no two connections of one netgroup. */
function full(): {
  readonly table: ConnectionTable
  readonly gate: InboundGate
  readonly banned: Set<string>
  readonly discouraged: Set<string>
} {
  const clock = createVirtualClock()
  const table = new ConnectionTable()
  const banned = new Set<string>()
  const discouraged = new Set<string>()
  for (let id = 1; id <= MAX_INBOUND; id++) {
    table.add(
      connectionRecord(id, {
        kind: 'inbound',
        stage: 'ready',
        via: 'tcp',
        address: address(`250.${id}.1.1:8333`),
        startedAt: clock.now(),
        version: { relay: true, services: 0n } as PeerVersion,
        peer: { info: () => ({ minimumPing: id }) } as unknown as Peer,
      }),
    )
  }
  const gate = createInboundGate(
    { maxInbound: MAX_INBOUND },
    {
      random: createSeededRandom('gate'),
      table,
      isBanned: ({ bytes }) => banned.has(bytes.join('.')),
      isDiscouraged: ({ bytes }) => discouraged.has(bytes.join('.')),
    },
  )
  return { table, gate, banned, discouraged }
}

describe('the gate for remotes that dial us', () => {
  it('lets one in for one that has to leave, and never names the same twice', () => {
    const { gate } = full()
    const chosen = new Set<number>()
    for (let attempt = 0; attempt < 20; attempt++) {
      const admission = gate.judge(inbound('251.1.1.1:5000'), true)
      if (!admission.admit || admission.evict === undefined) throw new Error('nobody was evicted')
      expect(chosen).not.toContain(admission.evict.id)
      chosen.add(admission.evict.id)
      admission.evict.leaving = true
    }
    expect(chosen.size).toBe(20)
  })

  it('lets nobody in when all others are leaving or protected by their merits', () => {
    const { gate, table } = full()
    for (const record of table.all()) record.leaving = true
    expect(gate.judge(inbound('251.1.1.1:5000'), true)).toEqual({ admit: false, why: 'full' })
  })

  it('refuses who is banned, who is discouraged while it is nearly full, and everyone while the network is off', () => {
    const { gate, table, banned, discouraged } = full()
    banned.add('251.1.1.1')
    discouraged.add('251.1.1.2')
    expect(gate.judge(inbound('251.1.1.1:5000'), true)).toEqual({ admit: false, why: 'banned' })
    expect(gate.judge(inbound('251.1.1.2:5000'), true)).toEqual({ admit: false, why: 'discouraged' })
    expect(gate.judge(inbound('251.1.1.3:5000'), false)).toEqual({ admit: false, why: 'network-inactive' })
    for (const record of [...table.all()].slice(0, 2)) table.remove(record)
    expect(gate.judge(inbound('251.1.1.2:5000'), true)).toEqual({ admit: true })
  })
})

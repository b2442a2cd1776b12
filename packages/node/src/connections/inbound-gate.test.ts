import { type Peer, type PeerVersion } from '@sapwood/peer'
import { createSeededRandom, createVirtualClock, type VirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address } from '../../test/support/addresses.ts'
import { connectionRecord } from '../../test/support/connection-record.ts'
import type { ConnectionRecord } from './connection-record.ts'
import { ConnectionTable } from './connection-table.ts'
import { createInboundGate, type InboundGate } from './inbound-gate.ts'
import type { InboundStream } from './listener.ts'
import { diallerKey, MAX_COUNTED_HOSTS, RecentDials } from './recent-dials.ts'

const MAX_INBOUND = 60
const inbound = (text: string): InboundStream =>
  ({ address: address(text), via: 'tcp', stream: {} }) as unknown as InboundStream

/** A node with no connection. */
function crowd(): {
  readonly table: ConnectionTable
  readonly gate: InboundGate
  readonly clock: VirtualClock
} {
  const clock = createVirtualClock()
  const table = new ConnectionTable()
  const gate = createInboundGate(
    { maxInbound: MAX_INBOUND },
    {
      clock,
      random: createSeededRandom('crowd'),
      table,
      isBanned: () => false,
      isDiscouraged: () => false,
    },
  )
  return { table, gate, clock }
}

/** A node with all its inbound slots taken, no two connections of one netgroup. */
function full(): {
  readonly clock: VirtualClock
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
        peer: { minimumPing: id } as Peer,
      }),
    )
  }
  const gate = createInboundGate(
    { maxInbound: MAX_INBOUND },
    {
      clock,
      random: createSeededRandom('gate'),
      table,
      isBanned: ({ bytes }) => banned.has(bytes.join('.')),
      isDiscouraged: ({ bytes }) => discouraged.has(bytes.join('.')),
    },
  )
  return { clock, table, gate, banned, discouraged }
}

describe('the gate for remotes that dial us', () => {
  it('lets one in for one that has to leave, and never names the same twice', () => {
    const { gate } = full()
    const chosen = new Set<number>()
    for (let attempt = 0; attempt < 20; attempt++) {
      const admission = gate.judge(inbound(`251.1.1.${attempt}:5000`), true)
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

  it('keeps a newcomer beside twice as many as it has places, who come back whenever they are thrown out', async () => {
    const { gate, table, clock } = crowd()
    let nextId = 1
    const places = new Map<string, ConnectionRecord>()
    const hosts = new Map<ConnectionRecord, string>()
    const dial = (host: string): boolean => {
      const admission = gate.judge(inbound(`${host}:5000`), true)
      if (!admission.admit) return false
      if (admission.evict !== undefined) {
        places.delete(hosts.get(admission.evict)!)
        table.remove(admission.evict)
      }
      const record = connectionRecord(nextId++, {
        kind: 'inbound',
        via: 'tcp',
        address: address(`${host}:5000`),
        stage: 'accepting',
        startedAt: clock.now(),
      })
      hosts.set(record, host)
      places.set(host, record)
      table.add(record)
      return true
    }
    const restless = Array.from({ length: 2 * MAX_INBOUND }, (_, index) => `250.1.1.${index}`)
    const everyoneComesBack = async (): Promise<void> => {
      for (const host of restless) if (!places.has(host)) dial(host)
      await clock.advance(100)
    }
    for (let turn = 0; turn < 40; turn++) await everyoneComesBack()

    expect(dial('250.1.2.1')).toBe(true)
    for (let turn = 0; turn < 40; turn++) await everyoneComesBack()
    expect(places.has('250.1.2.1')).toBe(true)
    expect(table.count('inbound')).toBe(MAX_INBOUND)
  })

  it('lets nobody who lives leave while there are dead, and gives their places away', () => {
    const { gate, table } = full()
    const dead = [...table.all()].slice(0, 20)
    for (const record of dead) record.peer = { state: 'closed' } as Peer
    for (let n = 0; n < 20; n++)
      expect(gate.judge(inbound(`251.1.1.${n}:5000`), true)).toEqual({ admit: true })
  })

  it('gives the place of one that floods, and may be long gone, to whoever comes', async () => {
    const { gate, table, clock } = full()
    const protectedByPing = [...table.all()][0]!
    protectedByPing.peer = { minimumPing: 1, behindSince: clock.now() } as Peer
    await clock.advance(59_000)
    const before = gate.judge(inbound('251.1.1.1:5000'), true)
    expect(before.admit && before.evict).not.toBe(protectedByPing)
    await clock.advance(1_000)
    expect(gate.judge(inbound('251.1.1.2:5000'), true)).toEqual({ admit: true, evict: protectedByPing })
    Object.assign(protectedByPing, { protected: true })
    const after = gate.judge(inbound('251.1.1.3:5000'), true)
    expect(after.admit && after.evict).not.toBe(protectedByPing)
  })

  it('keeps no more records than twice the places', () => {
    const { gate, table, clock } = crowd()
    let admitted = 0
    for (let id = 1; id <= 3 * MAX_INBOUND; id++) {
      if (!gate.judge(inbound(`250.${id % 250}.1.1:5000`), true).admit) continue
      admitted += 1
      const record = connectionRecord(id, {
        kind: 'inbound',
        stage: 'ready',
        via: 'tcp',
        startedAt: clock.now(),
      })
      record.peer = { state: 'closed' } as Peer
      table.add(record)
    }
    expect(admitted).toBe(2 * MAX_INBOUND)
  })

  it('lets in a host that comes again once a minute', async () => {
    const { gate, clock } = full()
    for (let n = 0; n < 10; n++) {
      const admission = gate.judge(inbound('251.1.1.1:5000'), true)
      expect(admission.admit).toBe(true)
      if (admission.admit && admission.evict !== undefined) admission.evict.leaving = true
      await clock.advance(59_000)
    }
  })

  it('lets in a few through a hidden service, whoever else comes that way without end', () => {
    const { gate } = full()
    const onion = { via: 'onion', stream: {} } as unknown as InboundStream
    for (let n = 0; n < 20; n++) expect(gate.judge(onion, true).admit).toBe(true)
  })

  it('has nobody leave for one that is gone, and counts it', () => {
    const { gate } = full()
    const gone = { ...inbound('251.1.1.1:5000'), stream: { remoteEnded: true } } as InboundStream
    for (let n = 0; n < 3; n++) expect(gate.judge(gone, true)).toEqual({ admit: false, why: 'gone' })
    expect(gate.judge(inbound('251.1.1.1:5000'), true)).toEqual({ admit: false, why: 'full' })
  })

  it('turns nobody away for coming often while there is room', () => {
    const { gate } = crowd()
    for (let dial = 0; dial < 1_000; dial++) {
      expect(gate.judge(inbound('250.1.1.1:5000'), true)).toEqual({ admit: true })
    }
  })
})

describe('how often a host dialled of late', () => {
  const host = (text: string): string => diallerKey(address(text), 'tcp')

  it('is forgotten after 20 to 40 seconds', async () => {
    const clock = createVirtualClock()
    const dials = new RecentDials(clock)
    for (let dial = 0; dial < 5; dial++) dials.count(host('250.1.1.1:1'))
    await clock.advance(20_000)
    dials.count(host('250.1.1.2:1'))
    expect(dials.of(host('250.1.1.1:1'))).toBe(5)
    await clock.advance(20_000)
    dials.count(host('250.1.1.2:1'))
    expect(dials.of(host('250.1.1.1:1'))).toBe(0)
    expect(dials.of(host('250.1.1.2:1'))).toBe(2)
  })

  it('takes all ports, and all addresses of one IPv6 network, for one host', () => {
    expect(host('250.1.1.1:1')).toBe(host('250.1.1.1:2'))
    expect(host('[2a01:1::1]:1')).toBe(host('[2a01:1::2:1]:1'))
    expect(host('[2a01:1::1]:1')).not.toBe(host('[2a01:1:0:1::1]:1'))
    expect(diallerKey(undefined, 'onion')).toBe(diallerKey(undefined, 'onion'))
  })

  it('is counted for some thousands of hosts, whoever comes', () => {
    const dials = new RecentDials(createVirtualClock())
    dials.count('first')
    for (let index = 0; index < 2 * MAX_COUNTED_HOSTS; index++) dials.count(`host ${index}`)
    expect(dials.of('first')).toBe(0)
    expect(dials.of(`host ${2 * MAX_COUNTED_HOSTS - 1}`)).toBe(1)
  })
})

import { Services } from '@sapwood/wire-codec'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { address, FULL_NODE, report } from '../../test/support/addresses.ts'
import { connectionRecord } from '../../test/support/connection-record.ts'
import { addressKey } from '../addresses/address-key.ts'
import { AddressManager } from '../addresses/address-manager.ts'
import type { ConnectionRecord } from './connection-record.ts'
import { ConnectionTable } from './connection-table.ts'
import { desirableServices } from './desirable-services.ts'
import { type DialPlannerComponents, planDial, type PlanOptions } from './dial-planner.ts'

const WANTED = Services.NETWORK | Services.WITNESS
const options: PlanOptions = { kind: 'outbound-full-relay', services: () => WANTED }

function setUp(texts: readonly string[], services = FULL_NODE) {
  const clock = createVirtualClock()
  const random = createSeededRandom(1)
  const addresses = new AddressManager({}, { clock, random })
  addresses.add(
    texts.map((text) => report(text, clock.now(), services)),
    address('252.2.2.2'),
  )
  const table = new ConnectionTable()
  const avoided = new Set<string>()
  const parts: DialPlannerComponents = {
    clock,
    addresses,
    table,
    isAvoided: (candidate) => avoided.has(addressKey(candidate)),
    reachable: new Set(['ipv4', 'ipv6']),
  }
  return { parts, addresses, table, avoided, clock }
}

let nextId = 0

function connectTo(table: ConnectionTable, text: string, kind: ConnectionRecord['kind']): void {
  const facts = { kind, stage: 'dialling', address: address(text), key: addressKey(address(text)) } as const
  table.add(connectionRecord(nextId++, facts))
}

describe('the choice of whom to dial', () => {
  it('is an address that is reachable and serves what is needed', () => {
    const { parts } = setUp(['250.1.1.1:8333'])
    expect(planDial(options, parts)).toEqual({
      kind: 'outbound-full-relay',
      address: address('250.1.1.1:8333'),
      services: FULL_NODE,
    })
    expect(planDial({ ...options, services: () => WANTED | Services.COMPACT_FILTERS }, parts)).toBeUndefined()
    expect(planDial({ ...options, network: 'ipv6' }, parts)).toBeUndefined()
    expect(planDial(options, { ...parts, reachable: new Set(['torv3']) })).toBeUndefined()
  })

  it('is a full node, or at the tip one that keeps the last blocks alone', () => {
    const full = Services.NETWORK | Services.WITNESS
    const limited = Services.NETWORK_LIMITED | Services.WITNESS
    const found = [full, limited, full | limited, Services.NETWORK, Services.NETWORK_LIMITED].map(
      (services) => {
        const { parts } = setUp(['250.1.1.1:8333'], services)
        return [false, true].map((acceptsLimited) => {
          const wanted = (offered: bigint): bigint => desirableServices(offered, acceptsLimited)
          return planDial({ ...options, services: wanted }, parts) !== undefined
        })
      },
    )
    expect(found).toEqual([
      [true, true],
      [false, true],
      [true, true],
      [false, false],
      [false, false],
    ])
  })

  it('is never one that is connected, being dialled, avoided, or of a netgroup that has a connection', () => {
    const { parts, table, avoided } = setUp([
      '250.1.1.1:8333',
      '250.1.2.2:8333',
      '251.3.1.1:8333',
      '252.9.1.1:8333',
    ])
    connectTo(table, '250.1.1.1:8333', 'block-relay-only')
    avoided.add(addressKey(address('251.3.1.1:8333')))
    for (let i = 0; i < 20; i++) expect(planDial(options, parts)?.address).toEqual(address('252.9.1.1:8333'))
    connectTo(table, '252.9.1.1:8333', 'outbound-full-relay')
    expect(planDial(options, parts)).toBeUndefined()
  })

  it('does not care for the netgroups of inbound connections and feelers', () => {
    const { parts, table } = setUp(['250.1.2.2:8333'])
    connectTo(table, '250.1.1.1:8333', 'inbound')
    connectTo(table, '250.1.1.9:8333', 'feeler')
    expect(planDial(options, parts)).toBeDefined()
  })

  it('prefers those not tried a moment ago, and ports that are no other service, as long as there are some', () => {
    const { parts, addresses } = setUp(['250.1.1.1:25', '251.1.1.1:8333'])
    for (let i = 0; i < 20; i++) expect(planDial(options, parts)?.address.port).toBe(8333)
    addresses.attempt(address('251.1.1.1:8333'), { countFailure: false })
    expect(planDial(options, parts)?.address.port).toBe(25)
  })

  it('is for a feeler an address that never worked, whatever it serves', () => {
    const { parts, addresses } = setUp(['250.1.1.1:8333', '251.1.1.1:8333'], Services.NETWORK_LIMITED)
    addresses.good(address('250.1.1.1:8333'))
    for (let i = 0; i < 10; i++)
      expect(planDial({ ...options, kind: 'feeler' }, parts)?.address).toEqual(address('251.1.1.1:8333'))
  })
})

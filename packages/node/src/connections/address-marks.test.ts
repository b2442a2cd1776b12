import type { NetworkAddress } from '@sapwood/wire-codec'
import type { DisconnectReport } from '@sapwood/peer'
import { DAY, type WallTime } from '@sapwood/transport-v1v2/environment'
import { createSeededRandom, createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { beforeEach, expect, it } from 'vitest'
import { AddressManager } from '../addresses/address-manager.ts'
import { AddressMarks } from './address-marks.ts'
import type { ReadyConnection } from './connection-record.ts'

const FULL_NODE = 9n
const P2P_V2 = 1n << 11n
const address: NetworkAddress = { network: 'ipv4', bytes: Uint8Array.of(5, 6, 7, 8), port: 8333 }

let addresses: AddressManager
let marks: AddressMarks

beforeEach(() => {
  const clock = createVirtualClock()
  addresses = new AddressManager({}, { clock, random: createSeededRandom('marks') })
  const time = (clock.wallTime() - DAY) as WallTime
  addresses.add([{ address, services: FULL_NODE | P2P_V2, time }], address)
  marks = new AddressMarks({ addresses })
})

function connection(facts: Partial<ReadyConnection>): ReadyConnection {
  const version = { services: FULL_NODE }
  return {
    kind: 'outbound-full-relay',
    address,
    version,
    protocol: 'v1',
    downgraded: false,
    readyAt: 0,
    ...facts,
  } as unknown as ReadyConnection
}

const entry = () => [...addresses.entries()][0]!

it('learn what a remote offers from what it says itself', () => {
  marks.ready(connection({}))
  expect(entry()).toMatchObject({ tried: true, services: FULL_NODE })
})

it('do not learn from the plaintext after a failed v2 that v2 is not spoken: anybody on the way wrote that', () => {
  marks.ready(connection({ downgraded: true }))
  expect(entry()).toMatchObject({ tried: true, services: FULL_NODE | P2P_V2 })
})

it('are not left by private broadcasts nor by who dialled us: the times of addresses are told to others', () => {
  const before = { ...entry() }
  for (const kind of ['private-broadcast', 'inbound'] as const) {
    marks.ready(connection({ kind }))
    marks.closed(connection({ kind }), {} as DisconnectReport)
  }
  expect(entry()).toEqual(before)
})

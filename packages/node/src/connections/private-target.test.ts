import type { AddressNetwork, NetworkAddress } from '@sapwood/wire-codec'
import type { Dialer } from '@sapwood/transport-v1v2'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { describe, expect, it } from 'vitest'
import { FULL_NODE, nthAddress } from '../../test/support/addresses.ts'
import { seededRandom } from '../../test/support/peer-ids.ts'
import { AddressManager } from '../addresses/address-manager.ts'
import { pickPrivateTarget, privateRoutes } from './private-target.ts'

const nowhere = (): Dialer => ({ dial: () => Promise.reject(new Error('not dialled here')) })
const all: ReadonlySet<AddressNetwork> = new Set(['ipv4', 'ipv6', 'torv3', 'i2p', 'cjdns'])
const hidden = (network: 'torv3' | 'i2p', fill: number): NetworkAddress => ({
  network,
  bytes: new Uint8Array(32).fill(fill),
  port: network === 'i2p' ? 0 : 8333,
})

function managerOf(...addresses: readonly NetworkAddress[]) {
  const clock = createVirtualClock()
  const manager = new AddressManager({}, { clock, random: seededRandom(1) })
  for (const address of addresses)
    manager.add([{ address, services: FULL_NODE, time: clock.wallTime() }], address)
  return manager
}

describe('where private broadcasts go', () => {
  const overTor = nowhere()
  const plain = nowhere()

  it.each<[string, object, ReadonlySet<AddressNetwork>, boolean, AddressNetwork[]]>([
    ['onion services and I2P', {}, all, true, ['torv3', 'i2p']],
    [
      'IPv4 and IPv6 over Tor too, once it has shown that it is Tor',
      { overTor },
      all,
      true,
      ['torv3', 'i2p', 'ipv4', 'ipv6'],
    ],
    ['not over a proxy that has led to no onion service', { overTor }, all, false, ['torv3', 'i2p']],
    ['only where the node picks addresses', { overTor }, new Set(['ipv6']), true, ['ipv6']],
    ['nowhere without a proxy', {}, new Set(['ipv4', 'ipv6', 'cjdns']), true, []],
  ])('%s', (_, more, reachable, torProven, expected) => {
    const routes = privateRoutes({ ...plain, ...more }, { reachable, torProven })
    expect([...routes.keys()]).toEqual(expected)
    for (const network of ['ipv4', 'ipv6'] as const) {
      if (routes.has(network)) expect(routes.get(network)).toBe(overTor)
    }
  })

  it('draws an address of these networks only, and none that is excluded', () => {
    const onions = [1, 2, 3].map((fill) => hidden('torv3', fill))
    const addresses = managerOf(...onions, hidden('i2p', 9), ...[1, 2, 3, 4].map(nthAddress))
    const routes = new Map<AddressNetwork, Dialer>([
      ['torv3', plain],
      ['i2p', plain],
    ])
    const random = seededRandom(5)
    const drawn = new Set<string>()
    for (let round = 0; round < 50; round++) {
      const target = pickPrivateTarget(routes, {
        addresses,
        random,
        isExcluded: ({ bytes }) => bytes[0] === 2,
      })!
      drawn.add(`${target.info.address.network} ${target.info.address.bytes[0]}`)
    }
    expect([...drawn].sort()).toEqual(['i2p 9', 'torv3 1', 'torv3 3'])
    expect(pickPrivateTarget(routes, { addresses, random, isExcluded: () => true })).toBeUndefined()
    const clear = managerOf(nthAddress(1))
    expect(pickPrivateTarget(routes, { addresses: clear, random, isExcluded: () => false })).toBeUndefined()
  })
})

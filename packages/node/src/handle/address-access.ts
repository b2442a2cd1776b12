import type { NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import type { WallTime } from '@sapwood/transport-v1v2/environment'
import { TIME_PENALTY } from '../connections/address-gossip.ts'
import type { AddressManager } from '../addresses/address-manager.ts'
import { NodeError } from '../errors/node-error.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { ConnectionOpener } from '../connections/connection-opener.ts'
import type { CallQueue } from '../loop/call-queue.ts'
import { someGossip } from './node-checks.ts'
import { readAddress } from './read-address.ts'
import type { AddressAccess } from './node-handle.ts'

/** The handle's view of the address tables. */
export function createAddressAccess(components: {
  readonly calls: CallQueue
  readonly opener: Pick<ConnectionOpener, 'changed'>
  readonly addresses: AddressManager
  readonly defaultPort: number
}): AddressAccess {
  const { calls, opener, addresses, defaultPort } = components
  const networkAddress = (address: PeerAddress | string): NetworkAddress => {
    const parsed = readAddress(address, defaultPort)
    if (parsed.network === 'name')
      throw new NodeError('invalid-address', `A name is not an address: ${parsed.host}`, {
        received: parsed.host,
      })
    return parsed
  }
  return {
    counts: () => addresses.counts(),
    get: (address) => addresses.get(networkAddress(address)),
    sample: (count) => addresses.sample(count),
    add: (gossiped, source) =>
      calls.call('addAddresses', () => {
        refuseArgument(someGossip, gossiped, 'addresses.add')
        const reports = gossiped.map(({ address, services, time }) => ({
          address: networkAddress(address),
          services,
          time: (time * 1000) as WallTime,
        }))
        opener.changed()
        return addresses.add(reports, networkAddress(source), TIME_PENALTY)
      }),
  }
}

import { formatHost } from '@sapwood/wire-codec'
import { CORE_NETWORKS, networkName, wholeSeconds } from '../core-names.ts'
import { invalidParameter } from '../rpc-error.ts'
import { type MethodFamily, method } from '../rpc-method.ts'

/** Addresses that one call gives at most. */
const MAX_ADDRESSES = 100_000

/** The address tables: `getnodeaddresses`, `getaddrmaninfo`. */
export const addressMethods: MethodFamily = Object.fromEntries([
  method('getnodeaddresses', ['count?', 'network?'], ({ node }, given) => {
    const count = given.integer('count', 1)
    if (count < 0) throw invalidParameter('Address count out of range')
    const wanted = given.optionalText('network')
    if (wanted !== undefined && !CORE_NETWORKS.some((name) => networkName(name) === wanted)) {
      throw invalidParameter(`Network not recognized: ${wanted}`)
    }
    const most = count === 0 ? MAX_ADDRESSES : Math.min(count, MAX_ADDRESSES)
    return node.addresses
      .sample(wanted === undefined ? most : MAX_ADDRESSES)
      .filter(({ address }) => wanted === undefined || networkName(address.network) === wanted)
      .slice(0, most)
      .map(({ address, services, time }) => ({
        time: wholeSeconds(time),
        // Of a number that JSON has: 64 bits of services are more than anybody uses.
        services: Number(services),
        address: formatHost(address),
        port: address.port,
        network: networkName(address.network),
      }))
  }),
  method('getaddrmaninfo', [], ({ node }) => {
    const { byNetwork, new: fresh, tried, total } = node.addresses.counts()
    return {
      ...Object.fromEntries(
        CORE_NETWORKS.map((network) => {
          const counts = byNetwork[network]
          return [networkName(network), { ...counts, total: counts.new + counts.tried }]
        }),
      ),
      all_networks: { new: fresh, tried, total },
    }
  }),
])

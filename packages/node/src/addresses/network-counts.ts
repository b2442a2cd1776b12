import type { AddressNetwork } from '@sapwood/wire-codec'
import type { AddressCounts } from './address-info.ts'

type Table = 'new' | 'tried'

/** How many addresses each table holds of each network. */
export class NetworkCounts {
  readonly #counts = new Map<AddressNetwork, Record<Table, number>>()

  add(network: AddressNetwork, table: Table, change: number): void {
    this.of(network)[table] += change
  }

  of(network: AddressNetwork): Record<Table, number> {
    let counts = this.#counts.get(network)
    if (counts === undefined) {
      counts = { new: 0, tried: 0 }
      this.#counts.set(network, counts)
    }
    return counts
  }

  total(table: Table, networks: Iterable<AddressNetwork>): number {
    let total = 0
    for (const network of networks) total += this.#counts.get(network)?.[table] ?? 0
    return total
  }
}

export function countByNetwork(counts: NetworkCounts, networks: readonly AddressNetwork[]): AddressCounts {
  const inNew = counts.total('new', networks)
  const inTried = counts.total('tried', networks)
  return {
    total: inNew + inTried,
    new: inNew,
    tried: inTried,
    byNetwork: Object.fromEntries(
      networks.map((network) => [network, { ...counts.of(network) }]),
    ) as AddressCounts['byNetwork'],
  }
}

import type { AddressNetwork, NetworkAddress } from '@sapwood/wire-codec'
import type { TransportProtocol } from '@sapwood/transport-v1v2'
import type { WallTime } from '@sapwood/transport-v1v2/environment'

/** What is known of an address. */
export interface AddressInfo {
  readonly address: NetworkAddress
  readonly services: bigint
  /** When it was last said to be alive. */
  readonly time: WallTime
  /** Who told of it. */
  readonly source: NetworkAddress
  readonly lastTry?: WallTime
  readonly lastSuccess?: WallTime
  /** Failed attempts since the last success. */
  readonly attempts: number
  readonly table: 'new' | 'tried'
  /** The transport that worked last. */
  readonly protocol?: TransportProtocol
}

/** How many addresses are known, by network. */
export interface AddressCounts {
  readonly total: number
  readonly new: number
  readonly tried: number
  readonly byNetwork: Readonly<Record<AddressNetwork, { readonly new: number; readonly tried: number }>>
}

import { hasServices, netgroupKey, type NetworkAddress, Services } from '@sapwood/wire-codec'
import type { ConnectionKind } from '@sapwood/peer'
import type { Clock } from '@sapwood/transport-v1v2/environment'
import type { AddressNetwork } from '@sapwood/wire-codec'
import { RECENTLY_TRIED } from '../addresses/address-entry.ts'
import type { AddressManager } from '../addresses/address-manager.ts'
import { isBadPort } from './bad-ports.ts'
import { remoteOf } from './connection-record.ts'
import type { ConnectionTable } from './connection-table.ts'

/** Addresses drawn for one dial before it is put off (Core, `ThreadOpenConnections`). */
const MAX_DRAWS = 100
/** Draws in which an address tried within `RECENTLY_TRIED` is passed over. */
const DRAWS_WITHOUT_RECENT = 30
/** Ports of other services are passed over in the first draws. */
const DRAWS_WITHOUT_BAD_PORTS = 50

/** Networks whose addresses have no owner that one could tell apart: no netgroup rule for them (Core). */
const WITHOUT_NETGROUP: ReadonlySet<AddressNetwork> = new Set(['torv3', 'i2p', 'cjdns'])

/** An address that was chosen for a dial. */
export interface PlannedDial {
  readonly kind: ConnectionKind
  readonly address: NetworkAddress
  readonly services: bigint
}

export interface DialPlannerComponents {
  readonly clock: Clock
  readonly addresses: AddressManager
  readonly table: ConnectionTable
  /** Under a ban or discouraged. */
  readonly isAvoided: (address: NetworkAddress) => boolean
  /** Networks that the dialer reaches. */
  readonly reachable: ReadonlySet<AddressNetwork>
}

export interface PlanOptions {
  readonly kind: 'outbound-full-relay' | 'block-relay-only' | 'feeler' | 'extra'
  /** Bits that the address must be known for, given those that it is. */
  readonly services: (offered: bigint) => bigint
  /** Only this network: to have a connection in each that is reachable. */
  readonly network?: AddressNetwork
}

/**
 * Chooses an address for a connection of a kind, by Bitcoin Core's rules: no netgroup twice among the
 * outbound connections, nothing that is connected, avoided or out of reach, nobody who does not serve what is
 * needed.
 */
export function planDial(options: PlanOptions, components: DialPlannerComponents): PlannedDial | undefined {
  const { addresses, table, clock, reachable, isAvoided } = components
  const networks = options.network === undefined ? reachable : [options.network]
  const isFeeler = options.kind === 'feeler'
  const groups = isFeeler ? undefined : outboundGroups(table)
  if (isFeeler) addresses.resolveCollisions()
  let test = isFeeler ? addresses.selectCollision() : undefined

  for (let draw = 1; draw <= MAX_DRAWS; draw++) {
    const info = test ?? addresses.select({ networks, ...(isFeeler && { table: 'new' }) })
    test = undefined
    if (info === undefined) return undefined
    const { address, services } = info
    if (!reachable.has(address.network)) continue
    if (table.to(address) !== undefined || isAvoided(address)) continue
    if (groups?.has(groupOf(address)) === true) continue
    const tried = info.lastTry !== undefined && clock.wallTime() - info.lastTry < RECENTLY_TRIED
    if (tried && draw <= DRAWS_WITHOUT_RECENT) continue
    if (!isUseful(services, options)) continue
    if (isBadPort(address) && draw <= DRAWS_WITHOUT_BAD_PORTS) continue
    return { kind: options.kind, address, services }
  }
  return undefined
}

/** Netgroups that have an outbound connection of the node's choice, or a dial under way. */
function outboundGroups(table: ConnectionTable): Set<string> {
  const groups = new Set<string>()
  for (const record of table.all()) {
    const { kind } = record
    const address = remoteOf(record)
    const counts =
      kind === 'outbound-full-relay' || kind === 'block-relay-only' || kind === 'extra' || kind === 'manual'
    if (!counts || address === undefined) continue
    if (!WITHOUT_NETGROUP.has(address.network)) groups.add(groupOf(address))
  }
  return groups
}

function groupOf(address: NetworkAddress): string {
  return netgroupKey(address)
}

function isUseful(services: bigint, { kind, services: wanted }: PlanOptions): boolean {
  // A feeler wants to know whether the address is a node at all (Core, `MayHaveUsefulAddressDB`).
  if (kind === 'feeler') return (services & (Services.NETWORK | Services.NETWORK_LIMITED)) !== 0n
  return hasServices(services, wanted(services))
}

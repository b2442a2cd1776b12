import { type AddressNetwork, Services } from '@sapwood/wire-codec'
import type { ConnectionKind, VersionFacts } from '@sapwood/peer'
import { MINUTE } from '@sapwood/transport-v1v2/environment'
import type { NodeComponents, NodeOptions } from './node-options.ts'

/** What is reached without a proxy. */
export const DIRECT_NETWORKS: ReadonlySet<AddressNetwork> = new Set(['ipv4', 'ipv6'])
/** Milliseconds between two saves of the addresses (Core, `DUMP_PEERS_INTERVAL`). */
export const DEFAULT_SAVE_INTERVAL: number = 15 * MINUTE

/**
 * What we claim: witnesses are understood, v2 is spoken, and blocks are served where somebody serves them.
 */
export function defaultServices({ services }: NodeComponents): bigint {
  const blocks = services?.block === undefined ? Services.NONE : Services.NETWORK | Services.NETWORK_LIMITED
  return Services.WITNESS | Services.P2P_V2 | blocks
}

/**
 * Those of the network are asked only where their addresses can be reached
 * (Core: `-onlynet` sets `-dnsseed=0`).
 */
export function dnsSeedsOf(
  { dnsSeeds, network }: NodeOptions,
  reachable: ReadonlySet<AddressNetwork>,
): readonly string[] {
  if (dnsSeeds !== undefined) return dnsSeeds === false ? [] : dnsSeeds
  const isOfUse = reachable.has('ipv4') || reachable.has('ipv6')
  return isOfUse ? network.dnsSeeds.map(({ host }) => host) : []
}

/** What our `version` says on a connection of this kind. */
export function versionFacts(
  kind: ConnectionKind,
  facts: {
    readonly services: () => bigint
    readonly userAgent: string
    readonly relaysTransactions: boolean
    readonly startHeight: number
  },
): VersionFacts {
  // A private broadcast tells nothing of the node it comes from.
  if (kind === 'private-broadcast') return {}
  const { services, userAgent, startHeight, relaysTransactions } = facts
  return { services: services(), userAgent, startHeight, ...(!relaysTransactions && { relay: false }) }
}

/**
 * Where first addresses come from: Bitcoin Core's `ThreadDNSAddressSeed` and `ThreadOpenConnections`.
 * https://github.com/bitcoin/bitcoin/blob/master/src/net.cpp
 * @module
 */

import type { PeerAddress } from '@sapwood/wire-codec'
import { HOUR, type Instant, MINUTE } from '@sapwood/transport-v1v2/environment'

/** Seeds asked at the same time (Core, `DNSSEEDS_TO_QUERY_AT_ONCE`). */
const DNS_SEEDS_AT_ONCE = 3
/** Known addresses are given this long before DNS is asked (Core, `DNSSEEDS_DELAY_FEW_PEERS`). */
const DNS_DELAY_FEW = 11_000
/** And this long where there are many (Core, `DNSSEEDS_DELAY_MANY_PEERS`). */
const DNS_DELAY_MANY = 5 * MINUTE
/** From which number on addresses are many (Core, `DNSSEEDS_DELAY_PEER_THRESHOLD`). */
const MANY_ADDRESSES = 1_000
/** Full-relay connections with which no DNS seed is needed (Core). */
export const ENOUGH_CONNECTIONS = 2
/**
 * DNS is asked again where nobody has been there for this long, and twice as long each time after (Core asks
 * once, and then has its fixed seeds; a signet of one's own has none, and a machine may be offline when it
 * starts).
 */
const DNS_REPEAT_AFTER = 2 * MINUTE
/** The longest of those pauses. */
const DNS_REPEAT_LONGEST = HOUR
/** Seed nodes are asked again, one after the other, this often while there is nobody (Core). */
const SEED_NODE_INTERVAL = 10_000
/** Seed nodes have this long before DNS is asked (Core). */
const SEED_NODE_HEAD_START = 30_000
/** Addresses from elsewhere have this long before the fixed seeds are taken (Core). */
const FIXED_SEEDS_GRACE = MINUTE

export interface BootstrapOptions {
  readonly dnsSeeds: readonly string[]
  readonly seedNodes: readonly PeerAddress[]
  readonly fixedSeeds: boolean
  /** Whether peers were added by hand, which may bring addresses too. */
  readonly hasAddedPeers: boolean
  readonly startedAt: Instant
}

/** What the bootstrap decides by. */
interface BootstrapView {
  readonly now: Instant
  /** Addresses in networks that are reachable. */
  readonly addresses: number
  /** Full-relay connections past their handshake. */
  readonly connections: number
}

type BootstrapAction =
  | { readonly type: 'ask-dns'; readonly seed: string }
  /** Connect, ask for addresses, disconnect. */
  | { readonly type: 'address-fetch'; readonly address: PeerAddress }
  | { readonly type: 'fixed-seeds' }

/**
 * Where first addresses come from, in Bitcoin Core's order: those of last time, seed nodes, DNS, and the
 * fixed seeds when nothing else helped. Pure: the time and the state of the node in, what to do out.
 */
export interface Bootstrap {
  tick(view: BootstrapView): BootstrapAction[]
}

export function createBootstrap(options: BootstrapOptions): Bootstrap {
  const dns = [...options.dnsSeeds]
  const hadOtherSources = dns.length > 0 || options.seedNodes.length > 0 || options.hasAddedPeers
  let fixedSeedsLeft = options.fixedSeeds
  let nextSeedNode = 0
  let nextSeedNodeAt: number = options.startedAt
  let nextDnsAt: number | undefined
  let aloneSince: Instant | undefined
  let dnsRepeat = DNS_REPEAT_AFTER

  const seedNodes = (view: BootstrapView): BootstrapAction[] => {
    if (options.seedNodes.length === 0 || view.connections > 0 || view.now < nextSeedNodeAt) return []
    const isFirst = nextSeedNode === 0
    // With addresses of last time in hand, those are tried first.
    if (isFirst && view.addresses > 0 && view.now < options.startedAt + SEED_NODE_INTERVAL) return []
    nextSeedNodeAt = view.now + SEED_NODE_INTERVAL
    const address = options.seedNodes[nextSeedNode % options.seedNodes.length]!
    nextSeedNode += 1
    return [{ type: 'address-fetch', address }]
  }

  /** All have been asked: again, where that has brought nobody for a while. */
  const refill = ({ now, connections }: BootstrapView): void => {
    if (connections > 0) {
      aloneSince = undefined
      dnsRepeat = DNS_REPEAT_AFTER
      return
    }
    aloneSince ??= now
    if (now - aloneSince < dnsRepeat) return
    aloneSince = now
    dnsRepeat = Math.min(DNS_REPEAT_LONGEST, 2 * dnsRepeat)
    dns.push(...options.dnsSeeds)
  }

  const dnsSeeds = (view: BootstrapView): BootstrapAction[] => {
    if (dns.length === 0) refill(view)
    if (dns.length === 0) return []
    nextDnsAt ??= options.startedAt + dnsDelay(view, options)
    if (view.now < nextDnsAt) return []
    if (view.connections >= ENOUGH_CONNECTIONS) {
      dns.length = 0
      return []
    }
    nextDnsAt = view.now + DNS_DELAY_FEW
    return dns.splice(0, DNS_SEEDS_AT_ONCE).map((seed) => ({ type: 'ask-dns', seed }))
  }

  const fixedSeeds = (view: BootstrapView): BootstrapAction[] => {
    if (!fixedSeedsLeft || view.addresses > 0) return []
    if (hadOtherSources && view.now < options.startedAt + FIXED_SEEDS_GRACE) return []
    fixedSeedsLeft = false
    return [{ type: 'fixed-seeds' }]
  }

  return { tick: (view) => [...seedNodes(view), ...dnsSeeds(view), ...fixedSeeds(view)] }
}

function dnsDelay({ addresses }: BootstrapView, { seedNodes }: BootstrapOptions): number {
  if (addresses > 0) return addresses >= MANY_ADDRESSES ? DNS_DELAY_MANY : DNS_DELAY_FEW
  return seedNodes.length > 0 ? SEED_NODE_HEAD_START : 0
}

import { formatPeerAddress, type NetworkAddress } from '@sapwood/wire-codec'

/** What a listener does with whoever dials it. */
export type ListenerKind =
  | 'v1'
  | 'v2'
  /** Speaks v2, and gives a thousand addresses at which nobody is. */
  | 'flood'
  /** Takes the connection, and says nothing. */
  | 'silent'
  /** Says one byte a second, for ever. */
  | 'drip'

/** Listeners on loopback, each on a host of its own, as both sides know them: by their number. */
export interface FleetPlan {
  readonly listeners: number
  /** The second byte of their addresses: runs at the same time have different ones. */
  readonly net: number
  /** Milliseconds until they answer a `version`. */
  readonly latency?: number
  /** Only these kinds, in turn. Default: half v2, four in ten v1, one in ten hostile in turn. */
  readonly kinds?: readonly ListenerKind[]
}

const PORT = 18_666
const HOSTILE: readonly ListenerKind[] = ['flood', 'silent', 'drip']
/** Of ten listeners, how many speak v2 and how many v1; the last is hostile. */
const OF_TEN = { v2: 5, v1: 4 }
/** Addresses that all floods together make up. */
const MADE_UP = 500
/** Addresses in one answer (Bitcoin Core, `MAX_ADDR_TO_SEND`). */
const MAX_ADDRESSES = 1_000

/** What this listener is. */
export function kindOf({ kinds }: FleetPlan, index: number): ListenerKind {
  if (kinds !== undefined) return kinds[index % kinds.length]!
  const place = index % 10
  if (place < OF_TEN.v2) return 'v2'
  if (place < OF_TEN.v2 + OF_TEN.v1) return 'v1'
  return HOSTILE[Math.floor(index / 10) % HOSTILE.length]!
}

/** Where it listens. */
export function addressOf({ net }: FleetPlan, index: number): NetworkAddress {
  return { network: 'ipv4', bytes: Uint8Array.of(127, net, index >> 8, index & 0xff), port: PORT }
}

/** Whom it knows: so many that all are found from the first; and nobodies, where it floods. */
export function knownTo(plan: FleetPlan, index: number): readonly NetworkAddress[] {
  if (kindOf(plan, index) !== 'flood') {
    // The next ones, too: whom nobody but a hostile one knew would not be found. Behind the last comes the
    // first, for one address alone might be an announcement, and its visitor would wait for more.
    const known = [2 * index + 1, 2 * index + 2, index, index + 1, index + 2, index + 3]
    return known.map((each) => addressOf(plan, each % plan.listeners))
  }
  const madeUp = Array.from({ length: MAX_ADDRESSES }, (_, at) => nobody(plan, (index + at) % MADE_UP))
  return [...knownTo({ ...plan, kinds: ['v2'] }, index), ...madeUp].slice(0, MAX_ADDRESSES)
}

/** Those that a crawl has to find, as text. */
export function reachableOf(plan: FleetPlan): readonly string[] {
  return Array.from({ length: plan.listeners }, (_, index) => index)
    .filter((index) => !['silent', 'drip'].includes(kindOf(plan, index)))
    .map((index) => formatPeerAddress(addressOf(plan, index)))
}

/** Half on this machine, where nobody listens; half on others, which are not to be dialled. */
function nobody({ net }: FleetPlan, index: number): NetworkAddress {
  const first = index % 2 === 0 ? 127 : 10
  return { network: 'ipv4', bytes: Uint8Array.of(first, net, 0xff, index & 0xff), port: 1 + (index >> 8) }
}

import {
  formatPeerAddress,
  isRoutable,
  type Network,
  parsePeerAddress,
  type PeerAddress,
} from '@sapwood/wire-codec'

/** Where a client is taken to, by the path that it asked for; undefined: nowhere. */
export type RelayRoute = (path: string) => PeerAddress | undefined

/** Characters of a path that are looked at: an onion address with its port has 68, more with escapes. */
const MAX_PATH = 256
const IPV4_SIZE = 4
/** First byte of IPv4's multicast addresses, above which none is a machine's. */
const FIRST_MULTICAST = 224

/**
 * Leads to these peers and to nobody else.
 * @param addresses As `formatPeerAddress` writes them, ports included.
 */
export function allowedPeers(addresses: readonly PeerAddress[]): RelayRoute {
  const allowed = new Map(addresses.map((address) => [formatPeerAddress(address), address]))
  return (path) => {
    const text = textOf(path)
    return text === undefined ? undefined : allowed.get(text)
  }
}

/**
 * Leads to any peer of a network that everybody can reach: a public IPv4 or IPv6 address, at the network's
 * own port. Not to names, not to private, local or reserved addresses in any spelling, and to no other port:
 * whatever else listens there would be reached from here.
 */
export function publicPeers({ defaultPort }: Pick<Network, 'defaultPort'>): RelayRoute {
  return (path) => {
    const text = textOf(path)
    if (text === undefined) return undefined
    let address: PeerAddress
    try {
      address = parsePeerAddress(text, { defaultPort })
    } catch {
      return undefined
    }
    if (address.network !== 'ipv4' && address.network !== 'ipv6') return undefined
    const isPublic = isRoutable(address) && isUnicast(address.bytes)
    return address.port === defaultPort && isPublic ? address : undefined
  }
}

/**
 * Below 224.0.0.0, or in 2000::/3; there not what carries an IPv4 address (Teredo 2001::/32, 6to4 2002::/16),
 * which may be a private one.
 */
function isUnicast(bytes: Uint8Array): boolean {
  const [first, second, third, fourth] = bytes as Uint8Array & readonly [number, number, number, number]
  if (bytes.length === IPV4_SIZE) return first < FIRST_MULTICAST
  const isTeredo = first === 0x20 && second === 0x01 && third === 0 && fourth === 0
  return first >> 5 === 1 && !isTeredo && !(first === 0x20 && second === 0x02)
}

/** The address that a client names; undefined where the path is none. */
function textOf(path: string): string | undefined {
  if (!path.startsWith('/') || path.length > MAX_PATH) return undefined
  try {
    return decodeURIComponent(path.slice(1))
  } catch {
    return undefined
  }
}

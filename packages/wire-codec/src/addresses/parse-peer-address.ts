import { argument, aText, needed, optionsOf } from '../arguments/argument-check.ts'
import { requireArgument } from '../arguments/require-argument.ts'
import { I2P_PORT, parseI2p } from './i2p.ts'
import { classifyIp16 } from './ip16.ts'
import { parseIpv4, parseIpv6 } from './ip-text.ts'
import type { NetworkAddress, PeerAddress } from './network-address.ts'
import { parseTorV3 } from './tor-v3.ts'

/** Most characters of a DNS name (RFC 1035 §2.3.4, without the length byte of the root). */
export const MAX_NAME_LENGTH = 253

/** What a text leaves open. */
export interface ParsePeerAddressOptions {
  /** Port where the text has none; not used for I2P, whose port is always 0. */
  readonly defaultPort: number
}

const parseOptions = /* @__PURE__ */ optionsOf<ParsePeerAddressOptions>({
  defaultPort: /* @__PURE__ */ needed(
    /* @__PURE__ */ argument(
      'a port, as `network.defaultPort`',
      (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff,
    ),
  ),
})

/**
 * An address from text, with or without a port: IPv4, IPv6 (in brackets when a port follows), Tor v3 (its
 * checksum is verified), I2P (`.b32.i2p`), CJDNS (an IPv6 form in fc00::/8), Yggdrasil (in 200::/7), or a DNS
 * name, in either case. A link-local IPv6 address may name its link: `fe80::1%eth0`. An IPv4 address mapped
 * into IPv6 is read as IPv4. Nothing is resolved.
 * @throws SyntaxError when it is none of these. `.onion` and `.i2p` names that are not valid are refused,
 * never taken for DNS names: they must not leak to a resolver.
 * @throws TypeError without a text or a default port.
 * @example
 * const address = parsePeerAddress('[2001:db8::1]:18444', { defaultPort: 8333 })
 * address.network // 'ipv6'
 * address.port // 18444
 * parsePeerAddress('127.0.0.1', { defaultPort: 8333 }).port // 8333
 */
export function parsePeerAddress(text: string, options: ParsePeerAddressOptions): PeerAddress {
  requireArgument(aText, text, 'parsePeerAddress: text')
  requireArgument(parseOptions, options, 'parsePeerAddress: options')
  const { defaultPort } = options
  const { host, port } = splitHostPort(text)
  return parseHost(host, port ?? (isI2pName(host) ? I2P_PORT : defaultPort))
}

/**
 * As {@link parsePeerAddress}, for a host alone (IPv6 without brackets) and a port.
 * @throws SyntaxError
 * @example
 * parseHost('seed.bitcoin.sipa.be', 8333).network // 'name'
 */
export function parseHost(host: string, port: number): PeerAddress {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw new SyntaxError(`Not a port: ${port}`)
  if (host.includes(':')) return parseIpv6Host(host, port)
  const lower = host.toLowerCase()
  if (lower.endsWith('.onion')) return parseOnion(lower, port)
  if (isI2pName(lower)) return parseI2pHost(lower, port)
  const ipv4 = parseIpv4(lower)
  if (ipv4 !== undefined) return { network: 'ipv4', bytes: ipv4, port }
  checkName(lower)
  return { network: 'name', host: lower, port }
}

function splitHostPort(text: string): { host: string; port?: number } {
  if (text.startsWith('[')) {
    const close = text.indexOf(']')
    const host = text.slice(1, close)
    // Brackets are for IPv6 alone.
    if (close < 0 || !host.includes(':')) throw new SyntaxError(`Not an address: ${quote(text)}`)
    const rest = text.slice(close + 1)
    if (rest === '') return { host }
    if (!rest.startsWith(':')) throw new SyntaxError(`Not an address: ${quote(text)}`)
    return { host, port: parsePort(rest.slice(1)) }
  }
  const colon = text.indexOf(':')
  // More than one colon: IPv6 without brackets, which can carry no port.
  if (colon < 0 || text.includes(':', colon + 1)) return { host: text }
  return { host: text.slice(0, colon), port: parsePort(text.slice(colon + 1)) }
}

function parsePort(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 0xffff) throw new SyntaxError(`Not a port: ${quote(text)}`)
  return Number(text)
}

function parseIpv6Host(host: string, port: number): NetworkAddress {
  const { address, zone } = splitZone(host)
  const bytes = parseIpv6(address)
  if (zone !== undefined && (bytes === undefined || !isLinkLocal(bytes) || !ZONE.test(zone)))
    throw new SyntaxError(`Not a link-local address and its zone: ${quote(host)}`)
  if (bytes === undefined) throw new SyntaxError(`Not an IPv6 address: ${quote(host)}`)
  const classified = classifyIp16(bytes, port)
  return zone === undefined ? classified : { ...classified, zone }
}

/**
 * An interface by its name or number: Linux allows 15 characters, and names on other systems can be longer.
 */
const ZONE = /^[A-Za-z0-9._-]{1,64}$/

function splitZone(host: string): { readonly address: string; readonly zone?: string } {
  const percent = host.indexOf('%')
  return percent < 0 ? { address: host } : { address: host.slice(0, percent), zone: host.slice(percent + 1) }
}

/** fe80::/10 (RFC 4291 §2.5.6). */
function isLinkLocal(bytes: Uint8Array): boolean {
  return bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80
}

function parseOnion(host: string, port: number): NetworkAddress {
  const bytes = parseTorV3(host)
  if (bytes === undefined) {
    throw new SyntaxError(
      `Not a Tor v3 address (56 characters, version and checksum in them): ${quote(host)}`,
    )
  }
  return { network: 'torv3', bytes, port }
}

function isI2pName(host: string): boolean {
  return host.toLowerCase().endsWith('.i2p')
}

function parseI2pHost(host: string, port: number): NetworkAddress {
  const bytes = host.endsWith('.b32.i2p') ? parseI2p(host) : undefined
  if (bytes === undefined)
    throw new SyntaxError(`Not an I2P address (52 characters and .b32.i2p): ${quote(host)}`)
  if (port !== I2P_PORT) throw new SyntaxError(`I2P has no ports: leave it out or give 0, not ${port}`)
  return { network: 'i2p', bytes, port }
}

/**
 * Letters, digits, hyphens and underscores in labels of 1 to 63; the last label is no number,
 * so no odd IPv4 form passes.
 */
function checkName(host: string): void {
  const labels = (host.endsWith('.') ? host.slice(0, -1) : host).split('.')
  const fits = host.length <= MAX_NAME_LENGTH + (host.endsWith('.') ? 1 : 0)
  const valid = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  if (!fits || !valid || /^(0x[0-9a-f]*|[0-9]+)$/.test(labels.at(-1)!)) {
    throw new SyntaxError(`Not an address or a DNS name: ${quote(host)}`)
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

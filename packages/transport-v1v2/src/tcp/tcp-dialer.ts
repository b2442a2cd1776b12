import { isIP } from 'node:net'
import { anObjectWith, argument, optionsOf } from '@sapwood/wire-codec/arguments'
import {
  ADDRESS_SIZES,
  type AddressNetwork,
  type NetworkAddress,
  type PeerAddress,
} from '@sapwood/wire-codec'
import type { Clock } from '../environment/clock.ts'
import { systemClock } from '../environment/default-clock.ts'
import type { Resolver } from '../environment/resolver.ts'
import { untilAborted } from '../environment/until-aborted.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { isTransportError, TransportError } from '../errors/transport-error.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import type { Dialer } from '../stream/dialer.ts'
import { MAX_ADDRESSES_PER_NAME, raceDials } from '../stream/race-dials.ts'
import { systemResolver } from './default-resolver.ts'
import { formatIp } from './ip-text.ts'
import { openSocket } from './open-socket.ts'
import { tcpStream } from './tcp-stream.ts'

/** Networks whose addresses are IP addresses that the machine's own routing reaches. */
const DIRECT_NETWORKS: ReadonlySet<AddressNetwork> = new Set(['ipv4', 'ipv6', 'cjdns', 'yggdrasil'])

/** How `createTcpDialer` reaches an address. */
export interface TcpDialerOptions {
  /** How names are resolved. Default: the operating system's resolver. */
  readonly resolver?: Resolver
  /** Local IP address to dial from. Default: the operating system's choice. */
  readonly localAddress?: string
  /** Default: `systemClock`. */
  readonly clock?: Clock
}

const tcpDialerOptions = optionsOf<TcpDialerOptions>({
  resolver: anObjectWith('resolver', ['resolve']),
  localAddress: argument('an IP address', (value) => typeof value === 'string' && isIP(value) !== 0),
  clock: anObjectWith('clock', ['now', 'setTimer']),
})

/**
 * A dialer that connects directly over TCP: IPv4, IPv6, CJDNS and Yggdrasil addresses, and names through the
 * resolver (its addresses half a second apart, at most 256: the first that answers is taken). Tor and I2P
 * addresses are refused with a `TransportError`.
 * @throws TransportError `invalid-argument`.
 */
export function createTcpDialer(options: TcpDialerOptions = {}): Dialer & { readonly resolver: Resolver } {
  refuseArgument(tcpDialerOptions, options, 'createTcpDialer: options')
  const { resolver = systemResolver, clock = systemClock } = options
  return {
    resolver,
    dial: async (address, { signal }) => {
      signal.throwIfAborted()
      const targets = await resolveTargets(address, resolver, signal)
      return raceDials(
        targets,
        async (target, each) => dialIp(dialledHost(target), address.port, options.localAddress, each),
        { clock, signal },
      )
    },
  }
}

async function resolveTargets(
  address: PeerAddress,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<readonly NetworkAddress[]> {
  if (address.network !== 'name') {
    if (DIRECT_NETWORKS.has(address.network)) return [address]
    throw new TransportError('refused-address', `A ${address.network} address cannot be dialled directly`, {
      received: address.network,
    })
  }
  const nobody = (facts: { readonly cause?: unknown } = {}): TransportError =>
    new TransportError('resolve-failed', `No address for ${address.host}`, facts)
  let usable: readonly NetworkAddress[]
  try {
    // One that goes on after the signal, as the system's does, is not waited for.
    const found = await untilAborted(signal, () => resolver.resolve(address.host, { signal }))
    usable = found.filter(isDialled).slice(0, MAX_ADDRESSES_PER_NAME)
  } catch (cause) {
    if (signal.aborted || isTransportError(cause)) throw cause
    throw nobody({ cause })
  }
  if (usable.length === 0) throw nobody()
  return usable
}

/** A resolver may be a program's own: what is no address would be a name to the system, and be looked up. */
function isDialled({ network, bytes }: NetworkAddress): boolean {
  return DIRECT_NETWORKS.has(network) && bytes.length === ADDRESS_SIZES[network]
}

/** An address on the local link needs its zone, the link it is on. */
function dialledHost({ bytes, zone }: NetworkAddress): string {
  const host = formatIp(bytes)
  return zone === undefined ? host : `${host}%${zone}`
}

async function dialIp(
  host: string,
  port: number,
  localAddress: string | undefined,
  signal: AbortSignal,
): Promise<ByteStream> {
  try {
    return tcpStream(await openSocket({ host, port, localAddress }, signal))
  } catch (cause) {
    signal.throwIfAborted()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TransportError('dial-failed', `${host} port ${port}: ${why}`, { phase: 'dial', cause })
  }
}

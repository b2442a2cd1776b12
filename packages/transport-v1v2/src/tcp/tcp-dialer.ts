import { connect as connectSocket, type Socket } from 'node:net'
import type { AddressNetwork, NetworkAddress, PeerAddress } from '@sapwood/wire-codec'
import { abortReason } from '../environment/deadline.ts'
import type { Resolver } from '../environment/resolver.ts'
import { TransportError } from '../errors/transport-error.ts'
import type { ByteStream } from '../stream/byte-stream.ts'
import type { Dialer } from '../stream/dialer.ts'
import { systemResolver } from './default-resolver.ts'
import { formatIp } from './ip-text.ts'
import { tcpStream } from './tcp-stream.ts'

/** Networks whose addresses are IP addresses that the machine's own routing reaches. */
const DIRECT_NETWORKS: ReadonlySet<AddressNetwork> = new Set(['ipv4', 'ipv6', 'cjdns', 'yggdrasil'])

export interface TcpDialerOptions {
  /** How names are resolved. Default: the operating system's resolver. */
  readonly resolver?: Resolver
  /** Local IP address to dial from. Default: the operating system's choice. */
  readonly localAddress?: string
}

/**
 * A dialer that connects directly over TCP: IPv4, IPv6, CJDNS and Yggdrasil addresses, and names through the resolver
 * (each of its addresses in turn). Tor and I2P addresses are refused with a `TransportError`.
 */
export function createTcpDialer(options: TcpDialerOptions = {}): Dialer {
  const resolver = options.resolver ?? systemResolver
  return {
    dial: async (address, { signal }) => {
      signal.throwIfAborted()
      const targets = await resolveTargets(address, resolver, signal)
      let failure: unknown
      for (const target of targets) {
        signal.throwIfAborted()
        try {
          return await dialIp(formatIp(target.bytes), address.port, options.localAddress, signal)
        } catch (error) {
          signal.throwIfAborted()
          failure = error
        }
      }
      throw failure
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
  const found = await resolver.resolve(address.host, { signal })
  signal.throwIfAborted()
  const usable = found.filter(({ network }) => DIRECT_NETWORKS.has(network))
  if (usable.length === 0) throw new TransportError('resolve-failed', `No address for ${address.host}`)
  return usable
}

function dialIp(
  host: string,
  port: number,
  localAddress: string | undefined,
  signal: AbortSignal,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connectSocket({
      host,
      port,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    const release = (): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('connect', onConnect)
      socket.off('error', onError)
    }
    const onConnect = (): void => {
      release()
      resolve(tcpStream(socket))
    }
    const onError = (cause: Error): void => {
      release()
      socket.destroy()
      reject(
        new TransportError('dial-failed', `${host} port ${port}: ${cause.message}`, { phase: 'dial', cause }),
      )
    }
    const onAbort = (): void => {
      release()
      // A socket that fails while it is being destroyed must not bring the process down.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(abortReason(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', onConnect)
    socket.once('error', onError)
  })
}

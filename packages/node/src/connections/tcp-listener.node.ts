import { type NetworkAddress, parseHost } from '@sapwood/wire-codec'
import { aNumberAboveZero, aPort, argument, oneOf, optionsOf } from '@sapwood/wire-codec/arguments'
import { aPeerAddress } from '@sapwood/transport-v1v2'
import { listenTcp, type TcpRemote } from '@sapwood/transport-v1v2/tcp'
import { refuseArgument } from '../errors/refuse-argument.ts'
import type { Listener } from './listener.ts'
import type { TcpListenerOptions } from './tcp-listener-options.ts'

/** More than the inbound slots, so that it is the node that decides who has to leave. */
const DEFAULT_MAX_SOCKETS = 256

const tcpListenerOptions = optionsOf<TcpListenerOptions>({
  // Node.js takes an empty text for no host at all, and listens on every address of the machine.
  host: argument('an IP address, or a name', (value) => typeof value === 'string' && value !== ''),
  port: aPort,
  announce: aPeerAddress,
  via: oneOf('tcp', 'onion'),
  maxSockets: aNumberAboveZero,
})

/** Lets peers reach the node over TCP. @throws NodeError `invalid-argument`. */
export function createTcpListener(options: TcpListenerOptions = {}): Listener {
  refuseArgument(tcpListenerOptions, options, 'createTcpListener: options')
  const { announce, via = 'tcp', maxSockets = DEFAULT_MAX_SOCKETS } = options
  return {
    listen: async (onStream, { signal }) => {
      const listener = await listenTcp(
        {
          signal,
          maxConnections: maxSockets,
          ...(options.host !== undefined && { host: options.host }),
          ...(options.port !== undefined && { port: options.port }),
        },
        (stream, remote) => {
          if (via === 'onion') {
            onStream({ stream, via, localAddress: text })
            return
          }
          const address = remoteAddress(remote)
          // The remote reset the connection before it was taken.
          // Without its address it would pass the ban list.
          if (address === undefined) stream.abort(new Error('The remote was gone before it was taken in'))
          else onStream({ stream, via, localAddress: text, address })
        },
      )
      const text = listener.address.includes(':')
        ? `[${listener.address}]:${listener.port}`
        : `${listener.address}:${listener.port}`
      return {
        address: text,
        port: listener.port,
        close: () => listener.close(),
        ...(announce !== undefined && { announce: { ...announce, port: announce.port || listener.port } }),
      }
    },
  }
}

/**
 * The address of a socket's remote, that of a host on a local link with its zone.
 * @returns undefined for what is none. It never throws: this is called by the event loop.
 */
function remoteAddress({ host, port }: TcpRemote): NetworkAddress | undefined {
  // A link may have a name that we do not read: its hosts are known without it.
  return readHost(host, port) ?? readHost(host.replace(/%.*$/s, ''), port)
}

function readHost(host: string, port: number): NetworkAddress | undefined {
  try {
    const address = parseHost(host, port)
    return address.network === 'name' ? undefined : address
  } catch {
    return undefined
  }
}

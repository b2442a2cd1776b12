import type { WebSocketRelay } from '@sapwood/integration'
import { whenAborted } from '@sapwood/transport-v1v2/environment'
import { formatPeerAddress, type Network } from '@sapwood/wire-codec'
import { buildRoute, type Proxies } from '../connecting/build-route.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { relayMetrics } from '../metrics/relay-metrics.ts'
import { loadPackage } from '../optional/load-package.ts'
import type { OutputOptions } from '../options/common-options.ts'
import type { Listening } from '../options/listening.ts'
import { readAddress } from '../options/read-address.ts'
import { listenHttp } from '../rpc/default-http-server.ts'
import { createReport } from '../terminal/report.ts'
import { bytesText, countText } from '../terminal/units.ts'

/** What `sapwood relay` is told. */
export interface RelayOptions extends OutputOptions, Proxies {
  readonly network: Network
  /** Where it listens. */
  readonly listen: Listening
  /** Lead to every public address of the network besides. */
  readonly public?: true
  /** Web pages that may use it. */
  readonly origin?: readonly string[]
  readonly clients?: number
  readonly clientsOfHost?: number
  /** Bytes a second for each client and direction. */
  readonly rate?: number
  /** Where figures are shown to Prometheus. */
  readonly metrics?: Listening
}

/** A relay between WebSockets and TCP for nodes in web pages, until it is told to end. */
export async function relayCommand(
  addresses: readonly string[],
  options: RelayOptions,
  { clock, signal, io }: Surroundings,
): Promise<ExitCode> {
  const { network, listen, origin = [], clients, clientsOfHost, rate, metrics } = options
  const peers = addresses.map((text) => readAddress(text, network))
  const isPublic = options.public === true
  if (peers.length === 0 && !isPublic) {
    throw usageError('say where it leads: addresses, --public for every public one, or both')
  }
  const report = createReport(io, options)
  const { allowedPeers, publicPeers, startWebSocketRelay } = await loadPackage(
    'relay',
    '@sapwood/integration',
    () => import('@sapwood/integration'),
  )
  const named = allowedPeers(peers)
  const others = publicPeers(network)
  const starting = startWebSocketRelay(
    {
      route: (path) => named(path) ?? (isPublic ? others(path) : undefined),
      origins: origin,
      ...listen,
      ...(clients !== undefined && { maxClients: clients }),
      ...(clientsOfHost !== undefined && { maxClientsOfHost: clientsOfHost }),
      ...(rate !== undefined && { maxRate: rate }),
    },
    { dialer: buildRoute(options), clock, onFault: (error) => report.note(String(error)) },
  )
  await using relay = await starting.catch((cause: unknown) => {
    throw new CommandError(`the relay cannot listen: ${(cause as Error).message}`, EXIT.failed, cause)
  })
  await using figures = metrics && (await listenMetrics(metrics, relay))
  const texts = peers.map(formatPeerAddress)
  const line = {
    type: 'relay',
    url: relay.url,
    network: network.name,
    peers: texts,
    public: isPublic,
    ...(figures !== undefined && { metrics: figures.url }),
  } as const
  report.line(line, () =>
    [
      `${relay.url} leads to ${[...texts, ...(isPublic ? [`any public node of ${network.name}`] : [])].join(', ')}`,
      `for ${origin.length === 0 ? 'programs, and no web page (--origin)' : `programs, and pages of ${origin.join(', ')}`}`,
      ...(figures === undefined ? [] : [`figures are at ${figures.url}`]),
    ].join('\n'),
  )
  await whenAborted(signal)
  const { taken, refused, unreachable, fromClients, fromPeers } = relay.info()
  report.line({ type: 'relayed', taken, refused, unreachable, fromClients, fromPeers }, () => {
    const turnedAway = Object.values(refused).reduce((sum, count) => sum + count, 0)
    return `${countText(taken, 'client')} taken, ${turnedAway} refused, ${unreachable} to peers that were not reached; ${bytesText(fromClients)} from clients, ${bytesText(fromPeers)} from peers`
  })
  return EXIT.done
}

/** A page of figures, until it is disposed of. */
async function listenMetrics(
  { host = '127.0.0.1', port }: Listening,
  relay: WebSocketRelay,
): Promise<AsyncDisposable & { readonly url: string }> {
  const starting = listenHttp({ host, port }, { metrics: () => relayMetrics(relay.info()) })
  const server = await starting.catch((cause: unknown) => {
    throw new CommandError(`figures cannot be shown: ${(cause as Error).message}`, EXIT.failed, cause)
  })
  const where = host.includes(':') ? `[${host}]` : host
  return { url: `http://${where}:${server.port}/metrics`, [Symbol.asyncDispose]: () => server.close() }
}

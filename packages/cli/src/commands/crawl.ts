import { Crawl, CrawlSummary } from '@sapwood/publish/crawl'
import { systemResolver } from '@sapwood/transport-v1v2/tcp'
import { formatPeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import { buildRoute } from '../connecting/build-route.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { openCrawlStore } from '../crawl/crawl-store.ts'
import { visitNode } from '../crawl/visit-node.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { servicesHex } from '../messages/services-hex.ts'
import type { CommonOptions } from '../options/common-options.ts'
import { readAddress } from '../options/read-address.ts'
import { printable } from '../terminal/printable.ts'
import { createReport } from '../terminal/report.ts'
import { durationText } from '../terminal/units.ts'

/** Visits between two lines of progress. */
const PROGRESS_STEP = 100

/** What `sapwood crawl` is told. */
export interface CrawlCommandOptions extends CommonOptions {
  /** Where it begins; the DNS seeds where none is named. */
  readonly from?: readonly string[]
  readonly data?: string
  readonly rate: number
  readonly connections: number
  readonly most?: number
  readonly wait: number
}

/** Goes from node to node, and tells of each, and of all in numbers at the end. */
export async function crawlCommand(
  options: CrawlCommandOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { io, clock, signal } = surroundings
  const { network, data, rate, connections, most } = options
  const report = createReport(io, options)
  const summary = new CrawlSummary()
  const route = buildRoute(options)
  // What no way leads to is not visited, and is taken up again when there is one.
  const reachable = (addresses: readonly PeerAddress[]): PeerAddress[] =>
    addresses.filter((address) => route.canReach(address))
  const store = data === undefined ? undefined : await openCrawlStore(data, network)
  try {
    const crawl = new Crawl(
      { rate, connections, ...(most !== undefined && { most }) },
      {
        clock,
        signal,
        visit: async (address) => {
          const visit = await visitNode(address, options, surroundings)
          return { ...visit, addresses: reachable(visit.addresses) }
        },
        onVisited: (address, visit, found) => {
          // Cut off by the user, it was no visit.
          if (signal.aborted && !visit.reached) return
          summary.add(address, visit)
          store?.note(address, found)
          const { services, addresses, ...facts } = visit
          const text = formatPeerAddress(address)
          report.line(
            {
              type: 'node',
              address: text,
              network: address.network,
              ...facts,
              ...(services !== undefined && { services: servicesHex(services) }),
              given: addresses.length,
              added: found.length,
            },
            () =>
              printable(
                `${text}  ${durationText(visit.milliseconds)}  ${visit.reached ? `${visit.transport ?? ''} ${visit.userAgent ?? ''} height ${visit.height ?? 0}, ${addresses.length} addresses` : (visit.failure ?? '')}`,
              ),
          )
          const { visited, busy, waiting } = crawl.counts
          if (visited % PROGRESS_STEP === 0) {
            report.note(`${visited} visited, ${busy} under way, ${waiting} wait`)
          }
        },
      },
    )
    const known = await store?.load()
    if (known !== undefined) {
      crawl.skip(known.visited)
      crawl.add(reachable(known.waiting))
    }
    crawl.add(await seeds(options, surroundings))
    if (crawl.counts.waiting === 0) throw new CommandError('there is nobody to visit who has not been')
    await crawl.run()
  } finally {
    await store?.[Symbol.asyncDispose]()
  }
  const facts = summary.facts()
  report.line({ type: 'summary', ...facts }, () => summaryText(facts))
  if (signal.aborted) return EXIT.interrupted
  return facts.reached === 0 ? EXIT.unreachable : EXIT.done
}

async function seeds(
  { from, network, proxy }: CrawlCommandOptions,
  { signal }: Surroundings,
): Promise<readonly PeerAddress[]> {
  if (from !== undefined) return from.map((text) => readAddress(text, network))
  if (network.dnsSeeds.length === 0)
    throw usageError(`${network.name} has no DNS seeds: name a node by --from`)
  const { defaultPort: port } = network
  // Through a proxy names are not looked up here: the seed's name is dialled, and leads to one of its nodes.
  if (proxy !== undefined) return network.dnsSeeds.map(({ host }) => ({ network: 'name', host, port }))
  const found = await Promise.all(
    network.dnsSeeds.map(({ host }) => systemResolver.resolve(host, { signal }).catch(() => [])),
  )
  return found.flat().map((address) => ({ ...address, port }))
}

function summaryText(facts: ReturnType<CrawlSummary['facts']>): string {
  const line = (name: string, counts: Readonly<Record<string, number>>): string => {
    const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1])
    return `${name.padEnd(12)}${sorted.map(([each, count]) => `${printable(each)} ${count}`).join(', ')}`
  }
  return [
    `${facts.visited} visited, ${facts.reached} reached`,
    line('networks', facts.networks),
    line('transports', facts.transports),
    line('services', facts.services),
    line('versions', facts.userAgents),
  ].join('\n')
}

import { createMemoryStore, openStore } from '@sapwood/node'
import { Crawl, CrawlSummary, type Visit, visitNode } from '@sapwood/publish/crawl'
import {
  type Frontier,
  openEmbeddedFrontier,
  openNatsFrontier,
  snapshotLine,
} from '@sapwood/publish/frontier'
import { WakeUp } from '@sapwood/transport-v1v2/environment'
import { systemResolver } from '@sapwood/transport-v1v2/tcp'
import { formatPeerAddress, type PeerAddress } from '@sapwood/wire-codec'
import { buildRoute, fallbackOf } from '../connecting/build-route.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { explainFailure } from '../errors/explain-failure.ts'
import { natsFailure } from '../errors/nats-failure.ts'
import { servicesHex } from '../messages/services-hex.ts'
import type { CommonOptions } from '../options/common-options.ts'
import { defaultWorkerName } from '../options/default-worker-name.ts'
import { readAddress } from '../options/read-address.ts'
import { printable, printableJson } from '../terminal/printable.ts'
import { createReport, type Report } from '../terminal/report.ts'
import { seldom } from '../terminal/seldom.ts'
import { durationText } from '../terminal/units.ts'

/** Milliseconds between two lines of the same trouble. */
const TROUBLE_STEP = 10_000
/** Visits between two lines of progress. */
const PROGRESS_STEP = 100

/** What `sapwood crawl` is told. */
export interface CrawlCommandOptions extends CommonOptions {
  /** Where it begins; the DNS seeds where none is named. */
  readonly from?: readonly string[]
  readonly data?: string
  /** The server of a frontier that many machines share. */
  readonly nats?: string
  /** This worker's name among them. */
  readonly worker?: string
  /** Tell what is known, and visit nobody. */
  readonly snapshot?: true
  /** Milliseconds from the beginning of one round to that of the next; one round without it. */
  readonly every?: number
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
  const report = createReport(io, options)
  await using opened = await openFrontier(options, surroundings, report)
  const { frontier } = opened
  if (options.snapshot === true) {
    for await (const node of frontier.snapshot()) {
      io.out(`${printableJson(snapshotLine(node))}\n`)
      await io.ready()
      signal.throwIfAborted()
    }
    return EXIT.done
  }
  const { network, rate, connections, most, timeout, wait } = options
  const summary = new CrawlSummary()
  const route = buildRoute(options)
  const visiting = { network, dialer: route, fallback: fallbackOf(options), timeout, wait }
  // What no way leads to is not visited.
  const reachable = (addresses: readonly PeerAddress[]): PeerAddress[] =>
    addresses.filter((address) => route.canReach(address))
  const crawl = new Crawl(
    { rate, connections, ...(most !== undefined && { most }) },
    {
      frontier,
      clock,
      signal,
      visit: async (address, ends) => {
        const visit = await visitNode(address, visiting, { clock, signal: ends })
        return visit.reached ? { ...visit, addresses: reachable(visit.addresses) } : visit
      },
      onVisited: (address, visit, settled) => {
        // What took too long was given to another, who tells of it.
        if (!settled.counted) return
        summary.add(address, visit)
        tellVisit(report, address, visit, settled.added)
        const { visited, busy } = crawl.counts
        if (visited % PROGRESS_STEP === 0) report.note(`${visited} visited, ${busy} under way`)
      },
    },
  )
  await frontier.add(await seeds(options, surroundings))
  const { every } = options
  do {
    if (every !== undefined) await frontier.beginRound({ after: every })
    await crawl.run()
  } while (every !== undefined && !signal.aborted && (await untilNextRound(frontier, every, surroundings)))
  const facts = summary.facts()
  if (facts.visited === 0 && !signal.aborted && options.nats === undefined) {
    throw new CommandError('there is nobody to visit who has not been')
  }
  report.line({ type: 'summary', ...facts }, () => summaryText(facts))
  if (signal.aborted) return EXIT.interrupted
  // One worker of many may have been given nobody.
  return facts.reached === 0 && facts.visited > 0 ? EXIT.unreachable : EXIT.done
}

/** A worker's part of what all share, or one of its own. */
async function openFrontier(
  { network, nats, worker, data }: CrawlCommandOptions,
  { clock }: Surroundings,
  report: Report,
): Promise<AsyncDisposable & { readonly frontier: Frontier }> {
  if (nats !== undefined) {
    // Each request that a server which is gone does not answer is told of, several times a second.
    const note = seldom(clock, TROUBLE_STEP, (text) => report.note(text))
    const onTrouble = (error: unknown): void => note(`NATS: ${explainFailure(error).message}`)
    const options = { network, servers: nats, worker: worker ?? defaultWorkerName() }
    const frontier = await openNatsFrontier(options, { clock, onTrouble }).catch((error: unknown) => {
      throw natsFailure(error)
    })
    return withFrontier([frontier], frontier)
  }
  const store = data === undefined ? createMemoryStore() : await openStore(data)
  try {
    const frontier = await openEmbeddedFrontier({ network }, { store, clock })
    return withFrontier([frontier, store], frontier)
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Ends in this order. */
function withFrontier(
  resources: readonly AsyncDisposable[],
  frontier: Frontier,
): AsyncDisposable & { readonly frontier: Frontier } {
  return {
    frontier,
    [Symbol.asyncDispose]: async () => {
      for (const resource of resources) await resource[Symbol.asyncDispose]()
    },
  }
}

/** @returns false where the user ended the wait. */
async function untilNextRound(
  frontier: Frontier,
  every: number,
  { clock, signal }: Surroundings,
): Promise<boolean> {
  const { roundBegan } = await frontier.counts()
  const over = new WakeUp()
  // Whoever began it may have a clock that is far ahead of ours.
  const left = Math.min(Math.max(0, roundBegan + every - clock.wallTime()), every)
  const cancel = clock.setTimer(left, () => over.ring())
  await over.wait(signal)
  cancel()
  return !signal.aborted
}

function tellVisit(report: Report, address: PeerAddress, visit: Visit, added: number): void {
  const text = formatPeerAddress(address)
  const given = visit.reached ? visit.addresses.length : 0
  report.line({ type: 'node', address: text, network: address.network, ...lineOf(visit), given, added }, () =>
    printable(`${text}  ${durationText(visit.milliseconds)}  ${visitText(visit)}`),
  )
}

function lineOf(visit: Visit): Readonly<Record<string, unknown>> {
  if (!visit.reached) return { ...visit }
  const { reached, transport, userAgent, services, height, milliseconds } = visit
  return { reached, transport, userAgent, height, milliseconds, services: servicesHex(services) }
}

function visitText(visit: Visit): string {
  if (!visit.reached) return visit.failure
  const { transport, userAgent, height, addresses } = visit
  return `${transport} ${userAgent} height ${height}, ${addresses.length} addresses`
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

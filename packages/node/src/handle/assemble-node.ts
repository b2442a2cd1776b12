import { type AddressNetwork, type NetworkAddress, type PeerAddress, Services } from '@sapwood/wire-codec'
import { type ConnectionKind, DEFAULT_USER_AGENT, type VersionFacts } from '@sapwood/peer'
import { eagerFallback } from '@sapwood/transport-v1v2'
import {
  type Clock,
  createMemoryBudget,
  type Instant,
  type Logger,
  type MemoryBudget,
  type Random,
  type Resolver,
  schedulerFor,
  silentLogger,
  systemClock,
  systemRandom,
} from '@sapwood/transport-v1v2/environment'
import { systemResolver } from '@sapwood/transport-v1v2/tcp'
import { createDiscouragedHosts } from '../bans/discouraged-hosts.ts'
import { createBlockDownload } from '../blocks/block-download.ts'
import { createBootstrap } from '../bootstrap/bootstrap.ts'
import { SeedDriver } from '../bootstrap/seed-driver.ts'
import { approximateBestBlockDepth, LIMITED_PEERS_ALLOWED_BLOCKS } from '../chain/best-block-depth.ts'
import { createHeaderChain, type StorableHeaderChain } from '../chain/header-chain.ts'
import { createHeaderSync } from '../chain/header-sync.ts'
import { type AddedPeers, createAddedPeers } from '../connections/added-peers.ts'
import { buildDialer } from '../connections/build-dialer.ts'
import { desirableServices } from '../connections/desirable-services.ts'
import { slotLimits } from '../connections/slots.ts'
import { NodeLoop } from '../loop/node-loop.ts'
import { loadNodeState, type NodeState } from '../loop/node-state.ts'
import { loopDelayMonitorFor } from '../metrics/default-loop-delay.ts'
import type { LoopDelayMonitor } from '../metrics/loop-delay.ts'
import { noStore } from '../store/no-store.ts'
import type { TransactionRelay } from '../transactions/transaction-relay-types.ts'
import { createTransactionRelay } from '../transactions/transaction-relay.ts'
import { createEventHub } from '../events/event-hub.ts'
import type { NodeEventHub, NodeEvents } from './node-events.ts'
import { guardedLogger } from './guarded-logger.ts'
import { readAddress } from './network-control.ts'
import type { NodeDialer } from '../connections/node-dialer.ts'
import type { NodeComponents, NodeOptions } from './node-options.ts'
import { createOpenListeners, type OpenListeners } from './open-listeners.ts'

/** This package's version. */
export const VERSION = '0.1.0'
/** Core's `DUMP_PEERS_INTERVAL`. */
const DEFAULT_SAVE_INTERVAL = 900_000
/** What is reached without a proxy. */
const DIRECT_NETWORKS: ReadonlySet<AddressNetwork> = new Set(['ipv4', 'ipv6'])

/** Everything that a node consists of, joined and not running yet. */
export interface NodeParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly reachable: ReadonlySet<AddressNetwork>
  readonly services: bigint
  readonly userAgent: string
  readonly relaysTransactions: boolean
  readonly startedAt: Instant
  readonly events: NodeEventHub
  readonly memory: MemoryBudget
  readonly loopDelay: LoopDelayMonitor
  readonly chain: StorableHeaderChain
  readonly state: NodeState
  readonly relay: TransactionRelay
  readonly added: AddedPeers
  readonly seeds: SeedDriver | undefined
  readonly listeners: OpenListeners
  readonly loop: NodeLoop
}

/** Reads the state and joins the parts. @throws NodeError `invalid-address`, `store-corrupt`, `store-foreign`, `store-failed`. */
export async function assembleNode(options: NodeOptions, components: NodeComponents): Promise<NodeParts> {
  const { network } = options
  const clock = components.clock ?? systemClock
  const random = components.random ?? systemRandom
  const logger = guardedLogger(components.logger ?? silentLogger)
  const resolver = components.resolver ?? systemResolver
  const dialer: NodeDialer = components.dialer ?? buildDialer(options, { clock, random, logger, resolver })
  const reachable = dialer.reachable ?? DIRECT_NETWORKS
  const services = options.services ?? defaultServices(components)
  const userAgent = options.userAgent ?? DEFAULT_USER_AGENT
  const relaysTransactions = options.relayTransactions ?? true
  const startedAt = clock.now()

  const added = createAddedPeers({}, { clock, random })
  for (const text of [...(options.connect ?? []), ...(options.addPeers ?? [])]) {
    added.add(readAddress(text, network.defaultPort))
  }

  const memory = createMemoryBudget({
    clock,
    ...(options.memoryLimit !== undefined && { limit: options.memoryLimit }),
  })
  const events = createEventHub<NodeEvents>({ clock, logger, memory })
  const chain = createHeaderChain({ network })
  const state = await loadNodeState(components.store ?? noStore, chain, { clock, random, logger })
  const relay = createTransactionRelay(
    { listen: relaysTransactions, ...options.transactions },
    { random, wallTime: (at) => clock.wallTime(at) },
  )
  const listeners = createOpenListeners({ clock })
  const seeds = createSeeds(options, {
    dialer,
    resolver,
    clock,
    random,
    logger,
    reachable,
    events,
    state,
    added,
    startedAt,
  })

  const loopDelay = loopDelayMonitorFor(clock)
  const loop = new NodeLoop(
    {
      network,
      fallback: options.fallback ?? eagerFallback,
      transport: options.transport ?? {},
      limits: options.limits ?? {},
      connectTimeouts: options.timeouts?.connect ?? {},
      peerTimeouts: options.timeouts?.peer ?? {},
      version: (kind) =>
        versionFacts(kind, { services, userAgent, relaysTransactions, startHeight: chain.tip().height }),
      servicesWanted: (offered) =>
        options.servicesWanted ??
        desirableServices(
          offered,
          approximateBestBlockDepth(chain, clock.wallTime()) < LIMITED_PEERS_ALLOWED_BLOCKS,
        ),
      slots: slotLimits(options.slots),
      connectOnly: options.connect !== undefined,
      networkActive: options.networkActive ?? true,
      filters: options.filters ?? false,
      saveInterval: options.saveInterval ?? DEFAULT_SAVE_INTERVAL,
      ownServices: () => services,
    },
    {
      clock,
      random,
      logger,
      scheduler: schedulerFor(clock),
      memory,
      loopDelay,
      dialer,
      reachable,
      events,
      state,
      chain,
      headerSync: createHeaderSync(
        options.minimumChainWork === undefined ? {} : { minimumChainWork: options.minimumChainWork },
        { chain, random, wallTime: (at) => clock.wallTime(at) },
      ),
      download: createBlockDownload(options.blocks ?? {}, {
        chain,
        wallTime: (at) => clock.wallTime(at),
        // Without a pool a compact block would have to be asked for transaction by transaction.
        ...(relaysTransactions ? { transactions: () => relay.transactions() } : {}),
        checksElsewhere: components.blockChecker !== undefined,
      }),
      relay,
      discouraged: createDiscouragedHosts(),
      added,
      services: components.services ?? {},
      ownAddresses: () => ownAddresses(listeners),
      ...(seeds === undefined ? {} : { seeds }),
      ...(components.blockChecker && { blockChecker: components.blockChecker }),
    },
  )
  seeds?.attach(loop.keeper, loop.notifications)
  return {
    clock,
    random,
    logger,
    reachable,
    services,
    userAgent,
    relaysTransactions,
    startedAt,
    events,
    memory,
    loopDelay,
    chain,
    state,
    relay,
    added,
    seeds,
    listeners,
    loop,
  }
}

/** What other nodes may be told of where we are reached. */
export function ownAddresses({ listening }: OpenListeners): NetworkAddress[] {
  return listening.flatMap(({ announce }) => announce ?? [])
}

/** Where first addresses come from; nowhere, where only a fixed list is connected to. */
function createSeeds(
  options: NodeOptions,
  parts: { readonly dialer: NodeDialer; readonly resolver: Resolver } & Pick<
    NodeParts,
    'clock' | 'random' | 'logger' | 'reachable' | 'events' | 'state' | 'added' | 'startedAt'
  >,
): SeedDriver | undefined {
  if (options.connect !== undefined) return undefined
  const { network } = options
  const { added, startedAt, state } = parts
  const bootstrap = createBootstrap({
    dnsSeeds: dnsSeedsOf(options, parts.reachable),
    seedNodes: (options.seedNodes ?? []).map((text): PeerAddress => readAddress(text, network.defaultPort)),
    fixedSeeds: options.fixedSeeds ?? true,
    hasAddedPeers: added.all().length > 0,
    startedAt,
  })
  return new SeedDriver(
    { network, resolvesNames: parts.dialer.resolvesNames ?? true },
    { ...parts, bootstrap, addresses: state.addresses },
  )
}

/** Those of the network are asked only where their addresses can be reached (Core: `-onlynet` sets `-dnsseed=0`). */
function dnsSeedsOf(
  { dnsSeeds, network }: NodeOptions,
  reachable: ReadonlySet<AddressNetwork>,
): readonly string[] {
  if (dnsSeeds !== undefined) return dnsSeeds === false ? [] : dnsSeeds
  const isOfUse = reachable.has('ipv4') || reachable.has('ipv6')
  return isOfUse ? network.dnsSeeds.map(({ host }) => host) : []
}

/** What we claim: witnesses are understood, v2 is spoken, and blocks are served where somebody serves them. */
function defaultServices({ services }: NodeComponents): bigint {
  const blocks = services?.block === undefined ? Services.NONE : Services.NETWORK | Services.NETWORK_LIMITED
  return Services.WITNESS | Services.P2P_V2 | blocks
}

function versionFacts(
  kind: ConnectionKind,
  facts: {
    readonly services: bigint
    readonly userAgent: string
    readonly relaysTransactions: boolean
    readonly startHeight: number
  },
): VersionFacts {
  // A private broadcast tells nothing of the node it comes from.
  if (kind === 'private-broadcast') return {}
  const { services, userAgent, startHeight, relaysTransactions } = facts
  return { services, userAgent, startHeight, ...(relaysTransactions ? {} : { relay: false }) }
}

import { type AddressNetwork, type NetworkAddress, type PeerAddress, Services } from '@sapwood/wire-codec'
import type { ConnectionKind, VersionFacts } from '@sapwood/peer'
import { eagerFallback, silentLogger, systemClock, systemRandom, withDeadline } from '@sapwood/transport-v1v2'
import { createTcpDialer, systemResolver } from '@sapwood/transport-v1v2/tcp'
import { createDiscouragedHosts } from '../bans/discouraged-hosts.ts'
import { createBlockDownload } from '../blocks/block-download.ts'
import { createBootstrap } from '../bootstrap/bootstrap.ts'
import { SeedDriver } from '../bootstrap/seed-driver.ts'
import { createHeaderChain } from '../chain/header-chain.ts'
import { createHeaderSync } from '../chain/header-sync.ts'
import { type AddedPeers, createAddedPeers } from '../connections/added-peers.ts'
import type { Listening } from '../connections/listener.ts'
import { slotLimits } from '../connections/slots.ts'
import { NodeError } from '../errors/node-error.ts'
import { NodeLoop } from '../loop/node-loop.ts'
import { loadNodeState } from '../loop/node-state.ts'
import { feedMetrics } from '../metrics/feed-metrics.ts'
import { createMemoryStore } from '../store/level-store.ts'
import { createTransactionRelay } from '../transactions/transaction-relay.ts'
import { createAddressAccess } from './address-access.ts'
import { createBanControl } from './ban-control.ts'
import { createBlockAccess } from './block-access.ts'
import { createCallDeadline } from './call-deadline.ts'
import { createChainAccess } from './chain-access.ts'
import { createEventHub } from './event-hub.ts'
import { createNetworkControl, peerInfos, readAddress } from './network-control.ts'
import type { NodeHandle } from './node-handle.ts'
import type { NodeComponents, NodeOptions } from './node-options.ts'
import { createTransactionAccess } from './transaction-access.ts'
import { drawNodePicture } from './node-picture.ts'

/** This package's version, as the user agent tells it. */
export const VERSION = '0.1.0'
/** BIP14. */
export const DEFAULT_USER_AGENT: string = `/sapwood:${VERSION}/`
/** Core's `DUMP_PEERS_INTERVAL`. */
const DEFAULT_SAVE_INTERVAL = 900_000
const DEFAULT_STOP_TIMEOUT = 5_000
/** What is reached without a proxy. */
const DIRECT_NETWORKS: ReadonlySet<AddressNetwork> = new Set(['ipv4', 'ipv6'])

/**
 * Starts a node.
 * @returns once the store is open and the listeners listen.
 * @throws NodeError `invalid-address`, `listen-failed`, `store-corrupt`, `store-failed`.
 */
export async function createNode(options: NodeOptions, components: NodeComponents = {}): Promise<NodeHandle> {
  const { network } = options
  const clock = components.clock ?? systemClock
  const random = components.random ?? systemRandom
  const logger = components.logger ?? silentLogger
  const resolver = components.resolver ?? systemResolver
  const dialer = components.dialer ?? createTcpDialer({ resolver })
  const store = components.store ?? createMemoryStore()
  const reachable = components.dialer?.reachable ?? DIRECT_NETWORKS
  const slots = slotLimits(options.slots)
  const relay = options.relayTransactions ?? true
  const services = options.services ?? defaultServices(components)
  const userAgent = options.userAgent ?? DEFAULT_USER_AGENT
  const connectOnly = options.connect !== undefined
  const startedAt = clock.now()

  const added = createAddedPeers({}, { clock, random })
  const defaultPort = network.defaultPort
  addAll(added, options.connect ?? [], defaultPort)
  addAll(added, options.addPeers ?? [], defaultPort)
  const seedNodes = (options.seedNodes ?? []).map((address) => readAddress(address, defaultPort))

  const events = createEventHub({ clock, logger })
  const chain = createHeaderChain({ network })
  const state = await loadNodeState(store, chain, { clock, random, logger })
  const headerSync = createHeaderSync(
    options.minimumChainWork === undefined ? {} : { minimumChainWork: options.minimumChainWork },
    { chain, random },
  )
  const download = createBlockDownload(options.blocks ?? {}, { chain })
  const transactionRelay = createTransactionRelay({ listen: relay, ...options.transactions }, { random })
  const listening: Listening[] = []
  const ownAddresses = (): NetworkAddress[] => listening.flatMap(({ announce }) => announce ?? [])

  const seeds = connectOnly
    ? undefined
    : new SeedDriver(
        { network, resolvesNames: components.dialer?.resolvesNames ?? true },
        {
          clock,
          random,
          logger,
          resolver,
          addresses: state.addresses,
          reachable,
          events,
          bootstrap: createBootstrap({
            dnsSeeds:
              options.dnsSeeds === false
                ? []
                : (options.dnsSeeds ?? network.dnsSeeds.map(({ host }) => host)),
            seedNodes,
            fixedSeeds: options.fixedSeeds ?? true,
            hasAddedPeers: added.all().length > 0,
            startedAt,
          }),
        },
      )

  const loop = new NodeLoop(
    {
      network,
      fallback: options.fallback ?? eagerFallback,
      transport: options.transport ?? {},
      limits: options.limits ?? {},
      connectTimeouts: options.timeouts?.connect ?? {},
      peerTimeouts: options.timeouts?.peer ?? {},
      version: (kind) => versionFacts(kind, { services, userAgent, relay, startHeight: chain.tip().height }),
      servicesWanted: (phase) =>
        options.servicesWanted ??
        Services.WITNESS | (phase.acceptsLimitedPeers ? Services.NETWORK_LIMITED : Services.NETWORK),
      slots,
      connectOnly,
      networkActive: options.networkActive ?? true,
      saveInterval: options.saveInterval ?? DEFAULT_SAVE_INTERVAL,
      ownServices: () => services,
    },
    {
      clock,
      random,
      logger,
      dialer,
      reachable,
      events,
      state,
      chain,
      headerSync,
      download,
      relay: transactionRelay,
      discouraged: createDiscouragedHosts(),
      added,
      services: components.services ?? {},
      ownAddresses,
      ...(seeds === undefined ? {} : { seeds }),
    },
  )
  seeds?.attach(loop.keeper, loop.notifications)
  const stopMetrics = feedMetrics(components.metrics, {
    events,
    state,
    chain,
    table: loop.keeper.table,
    clock,
  })

  const listenersAbort = new AbortController()
  for (const listener of components.listeners ?? []) {
    try {
      listening.push(
        await listener.listen(
          (inbound) => {
            loop.notifications
              .send({ type: 'inbound', inbound, at: clock.now() })
              .catch(() => inbound.stream.abort(new NodeError('stopped', 'The node has stopped')))
          },
          { signal: listenersAbort.signal },
        ),
      )
    } catch (cause) {
      listenersAbort.abort()
      await Promise.allSettled(listening.map((open) => open.close()))
      throw new NodeError('listen-failed', 'A listener could not be started', { cause })
    }
  }

  const running = loop.run()
  const deadline = createCallDeadline(clock, options.timeouts?.call)
  const network_ = createNetworkControl({
    loop,
    added,
    events,
    defaultPort,
    isBanned: (address) => address.network !== 'name' && state.bans.find(address) !== undefined,
    withDeadline: deadline,
    listening,
  })
  const blocks = createBlockAccess({ calls: loop.calls, desk: loop.desk, chain, withDeadline: deadline })

  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= stopNode()
    return stopped
  }
  const stopNode = async (): Promise<void> => {
    const limit = options.timeouts?.stop ?? DEFAULT_STOP_TIMEOUT
    listenersAbort.abort()
    seeds?.stop()
    await Promise.allSettled(listening.map((open) => open.close()))
    await withDeadline(clock, limit, () => loop.calls.call('stop', () => loop.wind())).catch(
      (error: unknown) => {
        logger.warn({ err: error }, 'connections did not end in time')
      },
    )
    let failure: Error | undefined
    await loop.flush().catch((error: unknown) => {
      failure = new NodeError('store-failed', 'The state could not be saved', { cause: error })
    })
    loop.end()
    await running
    events.emit('stopped', failure === undefined ? { why: 'requested' } : { why: 'failed', error: failure })
    stopMetrics()
    events.close()
    if (failure !== undefined) throw failure
  }

  return {
    chain: createChainAccess({ loop, chain, clock, events, withDeadline: deadline }),
    blocks,
    transactions: createTransactionAccess({
      loop,
      relay: transactionRelay,
      clock,
      events,
      withDeadline: deadline,
    }),
    network: network_,
    addresses: createAddressAccess({ loop, addresses: state.addresses, defaultPort }),
    bans: createBanControl({ loop, state, events }),
    events,
    info: () =>
      drawNodePicture({
        clock,
        network,
        loop,
        chain,
        reachable,
        ownAddresses,
        services,
        userAgent,
        version: VERSION,
        relay,
        startedAt,
      }),
    peers: () => peerInfos(loop),
    getBlock: (hash, call) => blocks.getBlock(hash, call),
    addPeer: (address, how) => network_.addPeer(address, how),
    disconnectPeer: (peer, how) => network_.disconnectPeer(peer, how),
    stop,
    [Symbol.asyncDispose]: stop,
  }
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
    readonly relay: boolean
    readonly startHeight: number
  },
): VersionFacts {
  // A private broadcast tells nothing of the node it comes from.
  if (kind === 'private-broadcast') return {}
  const { services, userAgent, startHeight } = facts
  return { services, userAgent, startHeight, ...(facts.relay ? {} : { relay: false }) }
}

function addAll(added: AddedPeers, addresses: readonly (PeerAddress | string)[], defaultPort: number): void {
  for (const address of addresses) added.add(readAddress(address, defaultPort))
}

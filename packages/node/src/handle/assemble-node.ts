import { type NetworkAddress, type PeerAddress, Services } from '@sapwood/wire-codec'
import { eagerFallback } from '@sapwood/transport-v1v2'
import { schedulerFor } from '@sapwood/transport-v1v2/environment'
import { createServedAddresses } from '../addresses/served-addresses.ts'
import { createDiscouragedHosts } from '../addresses/discouraged-hosts.ts'
import { approximateBestBlockDepth, LIMITED_PEERS_ALLOWED_BLOCKS } from '../chain/best-block-depth.ts'
import { AddressGossip } from '../connections/address-gossip.ts'
import { AddressMarks } from '../connections/address-marks.ts'
import { ConnectionManager } from '../connections/connection-manager.ts'
import { ConnectionTable } from '../connections/connection-table.ts'
import { desirableServices } from '../connections/desirable-services.ts'
import { createInboundGate } from '../connections/inbound-gate.ts'
import { NetworkSwitch } from '../connections/network-switch.ts'
import { ExtraOutbound } from '../connections/extra-outbound.ts'
import { filterPeers, utreexoPeers, type WantedPeers } from '../connections/wanted-peers.ts'
import { ConnectionOpener } from '../connections/connection-opener.ts'
import { slotLimits } from '../connections/slots.ts'
import { StaleTip } from '../connections/stale-tip.ts'
import { BlockChecks } from '../loop/block-checks.ts'
import { type CallQueue, createCallQueue } from '../loop/call-queue.ts'
import { ChainDriver } from '../loop/chain-driver.ts'
import { BanManager } from '../loop/ban-manager.ts'
import { FilterDriver } from '../loop/filter-driver.ts'
import { InboundDriver } from '../loop/inbound-driver.ts'
import { NodeLoop } from '../loop/node-loop.ts'
import { NodeParts } from '../loop/node-parts.ts'
import { NotificationQueue } from '../loop/notification-queue.ts'
import { createPeerServices } from '../loop/peer-services.ts'
import { OwnMessages } from '../loop/own-messages.ts'
import { PrivateBroadcastDriver } from '../loop/private-broadcast-driver.ts'
import { SeedDriver, type SeedDriverComponents } from '../loop/seed-driver.ts'
import { ServedBlocks } from '../loop/served-blocks.ts'
import { ServedTip } from '../loop/served-tip.ts'
import { StateSaver } from '../loop/state-saver.ts'
import { ServedRecheck } from '../loop/served-recheck.ts'
import { TipAnnouncer } from '../loop/tip-announcer.ts'
import { UtreexoDriver } from '../loop/utreexo-driver.ts'
import { TransactionDriver } from '../loop/transaction-driver.ts'
import { CurrentPhase } from '../chain/current-phase.ts'
import { DEFAULT_CALL_TIMEOUT } from './call-deadline.ts'
import { readAddress } from './read-address.ts'
import { DEFAULT_SAVE_INTERVAL, dnsSeedsOf, versionFacts } from './node-defaults.ts'
import { layGround, type NodeGround } from './node-ground.ts'
import type { NodeComponents, NodeOptions } from './node-options.ts'
import { Listeners } from './listeners.ts'

/** This package's version. */
export const VERSION = '0.1.0'

/** Everything that a node consists of and that its handle needs, joined and not running yet. */
export interface AssembledNode extends NodeGround {
  readonly loop: NodeLoop
  readonly calls: CallQueue
  readonly table: ConnectionTable
  readonly connections: ConnectionManager
  readonly listeners: Listeners
  readonly networkSwitch: NetworkSwitch
  readonly banManager: BanManager
  readonly phase: CurrentPhase
  readonly opener: ConnectionOpener
  readonly driver: ChainDriver
  readonly transactions: TransactionDriver
  readonly privateBroadcasts: PrivateBroadcastDriver
  readonly saver: StateSaver
  /** There may be something to serve that there was not. */
  readonly recheckServed: () => void
  readonly filterDriver: FilterDriver
  readonly utreexoDriver: UtreexoDriver
}

/**
 * Reads the state and joins the parts. A new behaviour of the node is a `NodePart`, made here and put into
 * the list at the end.
 * @throws NodeError `invalid-address`, `store-corrupt`, `store-foreign`, `store-failed`.
 */
export async function assembleNode(options: NodeOptions, components: NodeComponents): Promise<AssembledNode> {
  const ground = await layGround(options, components)
  const { clock, random, logger, events, services, chain, headerSync, added, loopDelay } = ground
  const { addresses, bans, anchors } = ground.state
  const slots = slotLimits(options.slots)
  const connectOnly = options.connect !== undefined

  // What everybody is given.
  const parts = new NodeParts({ logger })
  const table = new ConnectionTable()
  const notifications = new NotificationQueue({
    accountOf: (peer) => table.get(peer)?.memory,
    scheduler: schedulerFor(clock),
    clock,
  })
  const calls = createCallQueue(notifications)
  const banManager = new BanManager({ ...ground, bans, discouraged: createDiscouragedHosts(), table })
  const { isAvoided, isBanned, isDiscouraged, letGo } = banManager
  const networkSwitch = new NetworkSwitch({ active: options.networkActive ?? true }, { table, events })
  const phase = new CurrentPhase({ events })
  const common = {
    ...ground,
    addresses,
    table,
    calls,
    banManager,
    networkSwitch,
    phase,
    isAvoided,
    isBanned,
    letGo,
  }

  // What peers are answered.
  const servedTip = new ServedTip({ ...common, services: ground.served })
  const blocks = new ServedBlocks({ ...common, services: ground.served, servedTip })
  const transactions = new TransactionDriver(common)
  const peerServices = createPeerServices({
    ...common,
    transactions,
    addresses: createServedAddresses(common),
    own: ground.served.own,
    blocks,
    servedTip,
    offersBloom: (services() & Services.BLOOM) !== Services.NONE,
  })

  // Who is connected to.
  const connections = new ConnectionManager(
    {
      network: options.network,
      fallback: options.fallback ?? eagerFallback,
      transport: {
        ...(options.registry !== undefined && { shortIds: options.registry.shortIds }),
        ...options.transport,
      },
      ...(options.registry !== undefined && { registry: options.registry }),
      limits: options.limits ?? {},
      connectTimeouts: options.timeouts?.connect ?? {},
      peerTimeouts: options.timeouts?.peer ?? {},
      version: (kind) => versionFacts(kind, { ...ground, startHeight: servedTip.height }),
      servicesWanted: (offered) => servicesWanted(offered, options, ground),
    },
    {
      ...common,
      services: peerServices,
      notifications,
      observer: parts,
      ...(ground.resolvesNames && components.resolver !== undefined && { namesOf: components.resolver }),
    },
  )
  const staleTip = new StaleTip(common)
  const opener = new ConnectionOpener(
    {
      limits: slots,
      connectOnly,
      anchors,
      servicesWanted: (offered) => servicesWanted(offered, options, ground),
      peersWanted: peersWanted(options),
    },
    { ...common, connections, staleTip },
  )
  const extraOutbound = new ExtraOutbound(
    { limits: slots },
    { ...common, isExcused: (peer) => headerSync.isExcused(peer) || opener.isKept(peer) },
  )
  const gate = createInboundGate(
    { maxInbound: slots.inbound },
    { clock, random, table, isBanned, isDiscouraged },
  )
  const listeners = new Listeners({ listeners: components.listeners ?? [], clock, notifications, events })
  const addressesChanged = (): void => opener.changed()
  const gossip = new AddressGossip({
    ...common,
    ownAddresses: () => ownAddresses(listeners),
    ownServices: services,
    added: (count, from) => {
      addressesChanged()
      events.emit('addresses-added', { count, from })
    },
  })
  const seeds = createSeeds(options, {
    ...common,
    connections,
    onAdded: addressesChanged,
    hasAdded: added.all().length > 0,
  })

  // What is fetched and told.
  const announcer = new TipAnnouncer(
    { ownServices: services },
    { ...common, services: ground.served, servedTip },
  )
  const recheck = new ServedRecheck(common, () => {
    blocks.recheck()
    announcer.recheck()
  })
  const recheckServed = (): void => recheck.ask()
  const driver = new ChainDriver({
    ...common,
    parts,
    ...(components.blockChecker !== undefined && {
      checks: new BlockChecks({ ...common, network: options.network, checker: components.blockChecker }),
    }),
    onTaken: recheckServed,
  })
  const privateBroadcasts = new PrivateBroadcastDriver({ ...common, connections, connectOnly })
  const filterDriver = new FilterDriver(options.timeouts?.call ?? DEFAULT_CALL_TIMEOUT, { ...common, driver })
  const utreexoDriver = new UtreexoDriver({ ...common, driver })
  const saver = new StateSaver(options.saveInterval ?? DEFAULT_SAVE_INTERVAL, common)

  parts.add(
    new AddressMarks({ addresses }),
    ...(seeds === undefined ? [] : [seeds]),
    staleTip,
    opener,
    extraOutbound,
    gossip,
    privateBroadcasts,
    driver,
    blocks,
    announcer,
    recheck,
    transactions,
    filterDriver,
    utreexoDriver,
    ...(options.registry === undefined ? [] : [new OwnMessages(options.registry, events)]),
    banManager,
    saver,
    { tick: () => loopDelay.sample() },
  )
  const loop = new NodeLoop({
    ...common,
    scheduler: schedulerFor(clock),
    notifications,
    connections,
    inbound: new InboundDriver({ ...common, gate, connections }),
    parts,
    phaseView: () => {
      const followed = driver.streams.lowestFollowed()
      return {
        headerPeers: driver.peers,
        headersCaughtUp: headerSync.caughtUp,
        blocksBehind: followed === undefined ? 0 : Math.max(0, chain.tip().height - followed),
      }
    },
  })
  return {
    ...ground,
    loop,
    calls,
    table,
    connections,
    listeners,
    networkSwitch,
    banManager,
    phase,
    opener,
    driver,
    transactions,
    privateBroadcasts,
    saver,
    recheckServed,
    filterDriver,
    utreexoDriver,
  }
}

/** What other nodes may be told of where we are reached. */
export function ownAddresses({ listening }: Listeners): NetworkAddress[] {
  return listening.flatMap(({ announce }) => announce ?? [])
}

function servicesWanted(offered: bigint, options: NodeOptions, { chain, clock }: NodeGround): bigint {
  if (options.servicesWanted !== undefined) return options.servicesWanted
  const isNearTip = approximateBestBlockDepth(chain, clock.wallTime()) < LIMITED_PEERS_ALLOWED_BLOCKS
  return desirableServices(offered, isNearTip)
}

/** Whom some connections are kept for. */
function peersWanted({ filters, utreexo }: NodeOptions): WantedPeers[] {
  return [
    ...(filters === true ? [filterPeers] : []),
    ...(utreexo === undefined || utreexo === false ? [] : [utreexoPeers]),
  ]
}

/** Where first addresses come from; nowhere, where only a fixed list is connected to. */
function createSeeds(
  options: NodeOptions,
  parts: SeedDriverComponents &
    Pick<NodeGround, 'resolvesNames' | 'startedAt'> & { readonly hasAdded: boolean },
): SeedDriver | undefined {
  if (options.connect !== undefined) return undefined
  const { network } = options
  return new SeedDriver(
    {
      network,
      resolvesNames: parts.resolvesNames,
      dnsSeeds: dnsSeedsOf(options, parts.reachable),
      seedNodes: (options.seedNodes ?? []).map((text): PeerAddress => readAddress(text, network.defaultPort)),
      fixedSeeds: options.fixedSeeds ?? true,
      hasAddedPeers: parts.hasAdded,
      startedAt: parts.startedAt,
      servicesWanted: peersWanted(options).flatMap(({ services }) => services),
    },
    parts,
  )
}

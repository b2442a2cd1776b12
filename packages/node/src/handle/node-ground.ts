import type { AddressNetwork } from '@sapwood/wire-codec'
import { DEFAULT_USER_AGENT } from '@sapwood/peer'
import {
  type Clock,
  createMemoryBudget,
  type Instant,
  type Logger,
  type MemoryBudget,
  type Random,
  runningClock,
  type Resolver,
  guardedLogger,
  systemClock,
  systemRandom,
} from '@sapwood/transport-v1v2/environment'
import { loopDelayMonitorFor, systemResolver } from '#platform'
import { BlockDownload } from '../blocks/block-download.ts'
import { checkCheckpoint } from '../chain/chain-checkpoint.ts'
import { StorableHeaderChain } from '../chain/header-chain.ts'
import { HeaderStore } from '../chain/header-store.ts'
import { HeaderSync } from '../chain/header-sync.ts'
import { type AddedPeers, createAddedPeers } from '../connections/added-peers.ts'
import { chooseDialer } from '../platform/choose-dialer.ts'
import type { NodeDialer } from '../connections/node-dialer.ts'
import { NodeError } from '../errors/node-error.ts'
import { EventHub } from '../events/event-hub.ts'
import { loadNodeState, type NodeState } from '../loop/node-state.ts'
import { ServiceTable } from '../connections/service-table.ts'
import type { LoopDelayMonitor } from '../platform/loop-delay-monitor.ts'
import { checkedStore } from '../store/checked-store.ts'
import { noStore } from '../store/no-store.ts'
import { TransactionRelay } from '../transactions/transaction-relay.ts'
import { readAddress } from './read-address.ts'
import { defaultServices } from './node-defaults.ts'
import { nodeEventNames, type NodeEventHub, type NodeEvents } from './node-events.ts'
import type { NodeComponents, NodeOptions } from './node-options.ts'
import { isHidden, reachedNetworks } from './reached-networks.ts'

/**
 * What the parts of a node stand on: what comes from outside, what was kept,
 * and the machines that know of no connection.
 */
export interface NodeGround {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly resolver: Resolver
  readonly dialer: NodeDialer
  readonly reachable: ReadonlySet<AddressNetwork>
  /** Names may be looked up on this machine. */
  readonly resolvesNames: boolean
  /** What our `version` says now. */
  readonly services: () => bigint
  /** What programs give to serve. */
  readonly served: ServiceTable
  readonly userAgent: string
  readonly relaysTransactions: boolean
  readonly startedAt: Instant
  readonly events: NodeEventHub
  readonly memory: MemoryBudget
  readonly loopDelay: LoopDelayMonitor
  readonly state: NodeState
  readonly added: AddedPeers
  readonly chain: StorableHeaderChain
  readonly headerSync: HeaderSync
  readonly download: BlockDownload
  readonly relay: TransactionRelay
}

/** Reads the state. @throws NodeError `invalid-address`, `store-corrupt`, `store-foreign`, `store-failed`. */
export async function layGround(options: NodeOptions, components: NodeComponents): Promise<NodeGround> {
  const { network } = options
  const systemsClock = components.clock ?? systemClock
  // Deadlines of others do not pass while we stand still; the loop's ticks are its looks at the time.
  const clock = runningClock(systemsClock)
  const random = components.random ?? systemRandom
  const logger = guardedLogger(components.logger)
  const resolver = components.resolver ?? systemResolver
  const dialer: NodeDialer = components.dialer ?? chooseDialer(options, { clock, random, logger, resolver })
  const reachable = reachedNetworks(dialer, options.onlyNet)
  const resolvesNames = dialer.resolvesNames ?? mayLookUp(dialer, options, components)
  const served = new ServiceTable(components.services ?? {})
  const ownServices = options.services ?? defaultServices(components)
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
  const events = new EventHub<NodeEvents>({ clock, logger, memory, names: nodeEventNames })
  const store = components.store ?? noStore
  refuseCheckpoint(options, components)
  const checkpoint = await new HeaderStore(checkedStore(store)).checkpoint(options.checkpoint, network)
  const chain = new StorableHeaderChain({ network, checkpoint })
  const state = await loadNodeState(store, chain, { clock, random, logger })
  const relay = new TransactionRelay(
    { listen: relaysTransactions, ...options.transactions },
    { random, wallTime: (at) => clock.wallTime(at), tipHeight: () => chain.tip().height },
  )
  const headerSync = new HeaderSync(
    { ...(options.minimumChainWork !== undefined && { minimumChainWork: options.minimumChainWork }) },
    { chain, random, wallTime: (at) => clock.wallTime(at) },
  )
  const download = new BlockDownload(options.blocks ?? {}, {
    chain,
    wallTime: (at) => clock.wallTime(at),
    // Without a pool a compact block would have to be asked for transaction by transaction.
    ...(relaysTransactions && { transactions: () => relay.transactions() }),
    checksElsewhere: components.blockChecker !== undefined,
  })
  return {
    clock,
    random,
    logger,
    resolver,
    dialer,
    reachable,
    resolvesNames,
    services: () => ownServices | served.bits,
    served,
    userAgent: options.userAgent ?? DEFAULT_USER_AGENT,
    relaysTransactions,
    startedAt,
    events,
    memory,
    loopDelay: loopDelayMonitorFor(systemsClock),
    state,
    added,
    chain,
    headerSync,
    download,
    relay,
  }
}

/** A dialer of the program's own that says nothing of names may lead to a proxy: the program says who may. */
function mayLookUp(dialer: NodeDialer, { onlyNet }: NodeOptions, { resolver }: NodeComponents): boolean {
  return !isHidden(onlyNet) && (dialer.resolver !== undefined || resolver !== undefined)
}

/**
 * @throws NodeError `invalid-argument` for a checkpoint that cannot be one, or that a part cannot begin at.
 */
function refuseCheckpoint(options: NodeOptions, { blockStore }: NodeComponents): void {
  const { checkpoint, network, utreexo } = options
  if (checkpoint === undefined) return
  checkCheckpoint(checkpoint, network)
  const other = blockStore !== undefined ? 'blockStore' : utreexo ? 'utreexo' : undefined
  if (other === undefined) return
  throw new NodeError('invalid-argument', `createNode: options.checkpoint: ${other} needs the whole chain`, {
    detail: 'checkpoint',
  })
}

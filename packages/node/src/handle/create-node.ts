import { MINUTE, withDeadline } from '@sapwood/transport-v1v2/environment'
import { NodeError } from '../errors/node-error.ts'
import { BlockKeeper } from '../blocks/block-keeper.ts'
import { StoredBlockReader } from '../blocks/stored-blocks.ts'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { checkedStore } from '../store/checked-store.ts'
import { noStore } from '../store/no-store.ts'
import { storeError } from '../store/store-error.ts'
import { feedMetrics } from './feed-metrics.ts'
import { createAddressAccess } from './address-access.ts'
import { type AssembledNode, assembleNode, ownAddresses, VERSION } from './assemble-node.ts'
import { createBanAccess } from './ban-access.ts'
import { createBlockAccess } from './block-access.ts'
import { createCallDeadline, type WithCallDeadline } from './call-deadline.ts'
import { createChainAccess, whenSynced } from './chain-access.ts'
import { createFilterAccess } from './filter-access.ts'
import { createNetworkAccess } from './network-access.ts'
import type { BlockAccess, NodeHandle } from './node-handle.ts'
import type { NodeComponents, NodeOptions } from './node-options.ts'
import { PeerInfos } from './peer-infos.ts'
import { describeNode } from './describe-node.ts'
import { someNodeComponents, someNodeOptions } from './node-checks.ts'
import { createServingAccess } from './serving-access.ts'
import { createTransactionAccess } from './transaction-access.ts'
import type { UtreexoProving } from './utreexo-access.ts'
import { utreexoOff } from './utreexo-off.ts'
import { createWhoIsThere } from './who-is-there.ts'

/** How long connections have to end in `stop()`, in milliseconds. */
const DEFAULT_STOP_TIMEOUT = 5_000
/**
 * How long the store has in `stop()` to take the last of the state, in milliseconds:
 * one that never answers is not waited for.
 */
const FLUSH_TIMEOUT = MINUTE

/**
 * Starts a node.
 * @returns once the store is open and the listeners listen.
 * @throws NodeError `invalid-argument`, `invalid-address`, `listen-failed`, `store-corrupt`, `store-full`,
 * `store-foreign`, `store-failed`.
 */
export async function createNode(options: NodeOptions, components: NodeComponents = {}): Promise<NodeHandle> {
  refuseArgument(someNodeOptions, options, 'createNode: options')
  refuseArgument(someNodeComponents, components, 'createNode: components')
  const assembled = await assembleNode(options, components)
  const { loop, listeners, loopDelay } = assembled
  let parts: RunningNode
  try {
    parts = await withBlocks(options, components, assembled)
    await listeners.start()
  } catch (error) {
    loop.end()
    loopDelay.stop()
    throw error
  }
  const stopMetrics = feedMetrics(components.metrics, { ...parts, utreexo: () => parts.utreexo?.info() })
  const running = loop.run()
  parts.utreexo?.start()
  parts.keeper?.start()
  let stopped: Promise<void> | undefined
  return createHandle(options, components, parts, () => {
    stopped ??= stopNode(parts, options.timeouts?.stop ?? DEFAULT_STOP_TIMEOUT, running).finally(stopMetrics)
    return stopped
  })
}

/** A node with what programs, and what goes on by itself, take blocks by. */
interface RunningNode extends AssembledNode {
  readonly withDeadline: WithCallDeadline
  readonly blocks: BlockAccess
  readonly utreexo: UtreexoProving | undefined
  readonly keeper: BlockKeeper | undefined
}

/** @throws NodeError `invalid-argument`, `store-foreign`. */
async function withBlocks(
  options: NodeOptions,
  components: NodeComponents,
  parts: AssembledNode,
): Promise<RunningNode> {
  const whyNobody = createWhoIsThere(parts.events)
  const withDeadline = createCallDeadline(parts.clock, whyNobody, options.timeouts?.call)
  const store = components.blockStore
  const blocks = createBlockAccess({
    ...parts,
    streams: parts.driver.streams,
    withDeadline,
    ...(store !== undefined && { kept: { store, reader: new StoredBlockReader({ ...parts, store }) } }),
  })
  const wanted = options.utreexo === true ? {} : options.utreexo
  const utreexo = wanted
    ? await startUtreexo(wanted, {
        ...parts,
        network: options.network,
        store: checkedStore(components.store ?? noStore),
        blocks,
      })
    : undefined
  const keeper =
    store &&
    new BlockKeeper({
      ...parts,
      store,
      follow: blocks.followPeers,
      waitForSync: (signal) => whenSynced(parts, signal),
      onKept: (range) => {
        parts.events.emit('blocks-stored', { range })
        parts.calls.post('recheck-served', parts.recheckServed)
      },
    })
  return { ...parts, withDeadline, blocks, utreexo, keeper }
}

/** Loaded by those alone who want it: a page has 23 kB less to load without. */
async function startUtreexo(
  ...wanted: Parameters<typeof import('./utreexo-access.ts').createUtreexoProving>
): Promise<UtreexoProving> {
  const { createUtreexoProving } = await import('./utreexo-access.ts')
  return createUtreexoProving(...wanted)
}

function createHandle(
  options: NodeOptions,
  { store = noStore, blockStore }: Pick<NodeComponents, 'store' | 'blockStore'>,
  parts: RunningNode,
  stop: () => Promise<void>,
): NodeHandle {
  const { state, banManager, listeners, withDeadline, blocks, utreexo } = parts
  const { network } = options
  const { defaultPort } = network
  const infos = new PeerInfos({ ...parts, ...(blockStore !== undefined && { blockStore }) })
  const control = createNetworkAccess({
    ...parts,
    infos,
    defaultPort,
    isBanned: (address) => address.network !== 'name' && banManager.isBanned(address),
    withDeadline,
    listening: listeners.listening,
  })
  return {
    chain: createChainAccess({ ...parts, withDeadline }),
    blocks,
    filters: createFilterAccess(
      { enabled: options.filters === true },
      { ...parts, blocks, withDeadline, store: checkedStore(store) },
    ),
    transactions: createTransactionAccess({ ...parts, withDeadline }),
    utreexo: utreexo?.access ?? utreexoOff,
    network: control,
    addresses: createAddressAccess({ ...parts, addresses: state.addresses, defaultPort }),
    bans: createBanAccess(parts),
    events: parts.events,
    serving: createServingAccess(parts),
    info: () =>
      describeNode({
        ...parts,
        services: parts.services(),
        network,
        ownAddresses: () => ownAddresses(listeners),
        version: VERSION,
        relay: parts.relaysTransactions,
        utreexo: utreexo?.info(),
      }),
    peers: () => infos.all(),
    getBlock: (hash, call) => blocks.getBlock(hash, call),
    addPeer: (address, how) => control.addPeer(address, how),
    disconnectPeer: (peer, how) => control.disconnectPeer(peer, how),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Nobody new, everyone out, everything in the store, nothing left open. */
async function stopNode(parts: RunningNode, limit: number, running: Promise<void>): Promise<void> {
  const { clock, logger, events, loop, loopDelay, calls, listeners, saver } = parts
  await withDeadline(clock, limit, () => listeners.stop()).catch((error: unknown) => {
    logger.warn({ err: error }, 'listeners did not close in time')
  })
  let failure: NodeError | undefined
  const failed = (error: unknown): void => {
    failure ??= storeError('The state could not be saved', error)
  }
  const { utreexo, keeper } = parts
  if (keeper !== undefined) await withDeadline(clock, FLUSH_TIMEOUT, () => keeper.stop()).catch(failed)
  // Without it the loop hears of the end at once: what is asked of it meanwhile is still done.
  if (utreexo !== undefined)
    await withDeadline(clock, FLUSH_TIMEOUT, async () => utreexo.stop()).catch(failed)
  await withDeadline(clock, limit, () => calls.call('stop', () => loop.stop())).catch((error: unknown) => {
    logger.warn({ err: error }, 'connections did not end in time')
  })
  await withDeadline(clock, FLUSH_TIMEOUT, () => saver.flush()).catch(failed)
  loop.end()
  loopDelay.stop()
  await running
  events.emit('stopped', failure === undefined ? { why: 'requested' } : { why: 'failed', error: failure })
  events.close()
  if (failure !== undefined) throw failure
}

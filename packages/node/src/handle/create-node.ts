import { withDeadline } from '@sapwood/transport-v1v2/environment'
import { NodeError } from '../errors/node-error.ts'
import { storeError } from '../store/store-error.ts'
import { feedMetrics } from '../metrics/feed-metrics.ts'
import { createAddressAccess } from './address-access.ts'
import { assembleNode, type NodeParts, ownAddresses, VERSION } from './assemble-node.ts'
import { createBanControl } from './ban-control.ts'
import { createBlockAccess } from './block-access.ts'
import { createCallDeadline } from './call-deadline.ts'
import { createChainAccess } from './chain-access.ts'
import { createFilterAccess } from './filter-access.ts'
import { createNetworkControl, peerInfos } from './network-control.ts'
import type { NodeHandle } from './node-handle.ts'
import type { NodeComponents, NodeOptions } from './node-options.ts'
import { drawNodePicture } from './node-picture.ts'
import { createTransactionAccess } from './transaction-access.ts'

/** How long connections have to end in `stop()`, in milliseconds. */
const DEFAULT_STOP_TIMEOUT = 5_000
/** How long the store has in `stop()` to take the last of the state, in milliseconds: one that never answers is not waited for. */
const FLUSH_TIMEOUT = 60_000

/**
 * Starts a node.
 * @returns once the store is open and the listeners listen.
 * @throws NodeError `invalid-address`, `listen-failed`, `store-corrupt`, `store-full`, `store-foreign`, `store-failed`.
 */
export async function createNode(options: NodeOptions, components: NodeComponents = {}): Promise<NodeHandle> {
  const parts = await assembleNode(options, components)
  const { loop, listeners } = parts
  try {
    await listeners.open(components.listeners ?? [], loop.notifications)
  } catch (error) {
    loop.end()
    throw error
  }
  const stopMetrics = feedMetrics(components.metrics, { ...parts, table: loop.keeper.table })
  const running = loop.run()
  let stopped: Promise<void> | undefined
  return createHandle(options, parts, () => {
    stopped ??= stopNode(parts, options.timeouts?.stop ?? DEFAULT_STOP_TIMEOUT, running).finally(stopMetrics)
    return stopped
  })
}

function createHandle(options: NodeOptions, parts: NodeParts, stop: () => Promise<void>): NodeHandle {
  const { clock, events, chain, state, loop, relay, added, listeners } = parts
  const { network } = options
  const { defaultPort } = network
  const deadline = createCallDeadline(clock, options.timeouts?.call)
  const blocks = createBlockAccess({ calls: loop.calls, desk: loop.desk, chain, withDeadline: deadline })
  const control = createNetworkControl({
    loop,
    added,
    events,
    defaultPort,
    isBanned: (address) => address.network !== 'name' && state.bans.find(address) !== undefined,
    withDeadline: deadline,
    listening: listeners.listening,
  })
  return {
    chain: createChainAccess({ loop, chain, clock, events, withDeadline: deadline }),
    blocks,
    filters: createFilterAccess(
      { enabled: options.filters === true, timeout: options.timeouts?.call },
      { loop, chain, clock, events, blocks, withDeadline: deadline },
    ),
    transactions: createTransactionAccess({
      loop,
      relay,
      clock,
      events,
      memory: parts.memory,
      withDeadline: deadline,
    }),
    network: control,
    addresses: createAddressAccess({ loop, addresses: state.addresses, defaultPort }),
    bans: createBanControl({ loop, state, events }),
    events,
    info: () =>
      drawNodePicture({
        ...parts,
        network,
        ownAddresses: () => ownAddresses(listeners),
        version: VERSION,
        relay: parts.relaysTransactions,
      }),
    peers: () => peerInfos(loop),
    getBlock: (hash, call) => blocks.getBlock(hash, call),
    addPeer: (address, how) => control.addPeer(address, how),
    disconnectPeer: (peer, how) => control.disconnectPeer(peer, how),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Nobody new, everyone out, everything in the store, nothing left open. */
async function stopNode(parts: NodeParts, limit: number, running: Promise<void>): Promise<void> {
  const { clock, logger, events, loop, listeners, seeds } = parts
  seeds?.stop()
  await withDeadline(clock, limit, () => listeners.close()).catch((error: unknown) => {
    logger.warn({ err: error }, 'listeners did not close in time')
  })
  await withDeadline(clock, limit, () => loop.calls.call('stop', () => loop.wind())).catch(
    (error: unknown) => {
      logger.warn({ err: error }, 'connections did not end in time')
    },
  )
  let failure: NodeError | undefined
  await withDeadline(clock, FLUSH_TIMEOUT, () => loop.flush()).catch((error: unknown) => {
    failure = storeError('The state could not be saved', error)
  })
  loop.end()
  await running
  events.emit('stopped', failure === undefined ? { why: 'requested' } : { why: 'failed', error: failure })
  events.close()
  if (failure !== undefined) throw failure
}

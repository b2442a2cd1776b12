import { networkByName } from '@sapwood/wire-codec'
import { aNetwork, optionsOf } from '@sapwood/wire-codec/arguments'
import { guardedLogger, systemClock } from '@sapwood/transport-v1v2/environment'
import { refuseArgument } from '../errors/refuse-argument.ts'
import { aHeight, someScripts } from '../handle/node-checks.ts'
import { checkedStore } from '../store/checked-store.ts'
import { FollowingWatcher } from './following-watcher.ts'
import { WatchStore } from './watch-store.ts'
import type { WatchedNode, Watcher, WatcherComponents, WatcherOptions } from './watcher.ts'

/** Where everything of a watcher is in its store. */
const NAMESPACE = 'watcher'

const someWatcherOptions = optionsOf<WatcherOptions>({
  scripts: someScripts,
  from: aHeight,
  network: aNetwork,
})

/**
 * Watches scripts: what pays to them, what spends from them, in which blocks, and what is heard of before
 * that. It follows the chain by compact filters (the node was made with `filters: true`), goes on where it
 * stopped the last time, and keeps each block's facts in one batch with its place.
 * @returns once what the store has of it has been read; it then goes on from there by itself.
 * @throws NodeError `invalid-argument`, `filters-off`, `store-corrupt`, `store-foreign`, `store-failed`.
 */
export async function createWatcher(
  node: WatchedNode,
  components: WatcherComponents,
  options: WatcherOptions = {},
): Promise<Watcher> {
  refuseArgument(someWatcherOptions, options, 'createWatcher: options')
  const network = options.network ?? networkByName(node.info().blockchain.chain)
  const { store, clock = systemClock } = components
  const kept = new WatchStore(checkedStore(store).namespace(NAMESPACE), network)
  const logger = guardedLogger(components.logger)
  const watcher = new FollowingWatcher(await kept.load(), { node, clock, logger, store: kept })
  watcher.start()
  if (options.scripts !== undefined) {
    const { from } = options
    await watcher.watch(options.scripts, from === undefined ? {} : { from })
  }
  return watcher
}

import type { NetworkAddress } from '@sapwood/wire-codec'
import type { Clock, Logger, Random } from '@sapwood/transport-v1v2/environment'
import type { AddressManager } from '../addresses/address-manager.ts'
import { AddressStore } from '../addresses/address-store.ts'
import type { BanList } from '../addresses/ban-list.ts'
import { BanStore } from '../addresses/ban-store.ts'
import type { StorableHeaderChain } from '../chain/header-chain.ts'
import { AnchorStore } from '../addresses/anchor-store.ts'
import { checkedStore } from '../store/checked-store.ts'
import { HeaderStore } from '../chain/header-store.ts'
import type { KeyValueStore } from '../store/key-value-store.ts'

/** What outlives a run of the node. */
export interface NodeState {
  readonly addresses: AddressManager
  readonly bans: BanList
  /** Block-relay-only peers of last time; forgotten by the store as soon as they are read. */
  readonly anchors: readonly NetworkAddress[]
  /**
   * Each writes what has changed, after all that was being written when it was called:
   * what it resolved for is in the store.
   * @throws NodeError `store-full`, `store-locked`, `store-corrupt`, `store-foreign`, `store-failed`.
   */
  saveAddresses(): Promise<void>
  saveBans(): Promise<void>
  saveAnchors(anchors: readonly NetworkAddress[]): Promise<void>
  saveHeaders(): Promise<void>
}

/**
 * Reads everything that was kept, into `chain` and into new tables.
 * @throws NodeError `store-corrupt`, `store-foreign` for the store of another network, `store-failed` and its
 * sisters.
 */
export async function loadNodeState(
  given: KeyValueStore,
  chain: StorableHeaderChain,
  components: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): Promise<NodeState> {
  const { logger } = components
  const store = checkedStore(given)
  const headerStore = new HeaderStore(store)
  const { headers, droppedRuns } = await headerStore.load(chain)
  if (droppedRuns > 0) logger.warn({ droppedRuns }, 'stored headers were damaged, and are asked for again')
  const addressStore = new AddressStore(store.namespace('addresses'))
  const addresses = await addressStore.load(components)
  const banStore = new BanStore(store.namespace('bans'))
  const bans = await banStore.load(components)
  const anchorStore = new AnchorStore(store.namespace('anchors'))
  const anchors = await anchorStore.take()
  logger.info({ headers, addresses: addresses.size, anchors: anchors.length }, 'state loaded')
  const inTurn = createWriteQueue()
  return {
    addresses,
    bans,
    anchors,
    saveAddresses: () => inTurn(() => addressStore.save(addresses)),
    saveBans: () => inTurn(() => banStore.save(bans)),
    saveAnchors: (list) => inTurn(() => anchorStore.save(list)),
    saveHeaders: () => inTurn(() => headerStore.save(chain)),
  }
}

/**
 * One write at a time: each begins with what is true then, and whoever finds nothing left to write has waited
 * for whoever wrote it.
 */
function createWriteQueue(): (write: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return (write) => {
    const written = last.then(write)
    last = written.catch(() => undefined)
    return written
  }
}

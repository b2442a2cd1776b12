/**
 * A new tip is announced by its header where a peer asked for that, and by its hash otherwise.
 * https://github.com/bitcoin/bips/blob/master/bip-0130.mediawiki
 * @module
 */

import { InventoryType, type Message } from '@sapwood/wire-codec'
import { kindBehaviour, type PeerId } from '@sapwood/peer'
import type { TipChange } from '../chain/chain-entry.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'

/**
 * Headers announced at once; of more blocks only the last is told,
 * by its hash (Core, `MAX_BLOCKS_TO_ANNOUNCE`).
 */
const MAX_BLOCKS_TO_ANNOUNCE = 8

/**
 * Tells peers of a new tip: by a compact block those that asked for it (BIP152) where it is one block on top
 * of what they know, by headers those that asked for that (BIP130), by `inv` the others. Not whoever told us,
 * and nobody who is there for a moment only.
 */
export function announceTip(
  change: TipChange,
  from: ReadonlySet<PeerId>,
  components: {
    readonly chain: HeaderChain
    readonly peers: Iterable<ReadyConnection>
    /** The new tip as a `cmpctblock`, where there is one. */
    readonly compact: Message | undefined
  },
): void {
  const { chain, peers, compact } = components
  const count = change.newTip.height - change.fork.height
  const headers =
    count <= MAX_BLOCKS_TO_ANNOUNCE
      ? Array.from({ length: count }, (_, index) => chain.headerAt(change.fork.height + 1 + index)!)
      : undefined
  for (const { id, kind, peer } of peers) {
    if (from.has(id) || kindBehaviour[kind].shortLived) continue
    const { prefersHeaders, compactHighBandwidthFrom } = peer.info()
    if (compact !== undefined && count === 1 && compactHighBandwidthFrom) peer.send(compact)
    else if (headers !== undefined && prefersHeaders) peer.send({ type: 'headers', headers })
    else peer.send({ type: 'inv', inventory: [{ type: InventoryType.BLOCK, hash: change.newTip.hash }] })
  }
}

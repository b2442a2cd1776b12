import { InventoryType } from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import type { HeaderChain, TipChange } from '../chain/header-chain-types.ts'
import type { ReadyConnection } from '../connections/connection-record.ts'

/** Headers announced at once; of more blocks only the last is told, by its hash (Core, `MAX_BLOCKS_TO_ANNOUNCE`). */
export const MAX_BLOCKS_TO_ANNOUNCE = 8

/**
 * Tells peers of a new tip: by headers those that asked for it (BIP130), by `inv` the others. Not whoever told us, and
 * nobody who is there for a moment only.
 */
export function announceTip(
  change: TipChange,
  from: PeerId | undefined,
  components: { readonly chain: HeaderChain; readonly peers: Iterable<ReadyConnection> },
): void {
  const { chain, peers } = components
  const count = change.newTip.height - change.fork.height
  const headers =
    count <= MAX_BLOCKS_TO_ANNOUNCE
      ? Array.from({ length: count }, (_, index) => chain.headerAt(change.fork.height + 1 + index)!)
      : undefined
  for (const { id, kind, peer } of peers) {
    if (id === from || kind === 'feeler' || kind === 'addr-fetch' || kind === 'private-broadcast') continue
    if (headers !== undefined && peer.info().prefersHeaders) peer.send({ type: 'headers', headers })
    else peer.send({ type: 'inv', inventory: [{ type: InventoryType.BLOCK, hash: change.newTip.hash }] })
  }
}

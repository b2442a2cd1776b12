/**
 * Compact block filters, client side: what is done where peers disagree.
 * https://github.com/bitcoin/bips/blob/master/bip-0157.mediawiki
 * @module
 */

import {
  BASIC_FILTER_TYPE,
  type Block,
  type BlockHash,
  bytesEqual,
  bytesToHex,
  filterHash,
  type Hash256,
} from '@sapwood/wire-codec'
import type { PeerId } from '@sapwood/peer'
import { NodeError } from '../errors/node-error.ts'
import { filterFault } from './filter-fault.ts'
import { FILTER_TIMEOUT, type FilterPeer, type FilterPeers } from './filter-peers.ts'

/** A block of whose filter different hashes are claimed, and who claims which. */
export interface FilterDispute {
  readonly height: number
  readonly hash: BlockHash
  readonly claims: readonly { readonly peer: FilterPeer; readonly filterHash: Hash256 }[]
}

export interface FilterDisputeComponents {
  readonly peers: FilterPeers
  /** A block, checked, from whoever has it. */
  readonly getBlock: (hash: BlockHash, signal: AbortSignal) => Promise<Block>
}

/**
 * Finds out who lies: each claim's filter is fetched and held against the block. Liars are punished; those
 * who do not show the filter that they claim are let go. Where that leaves more than one claim, as it does
 * when they differ only in scripts that the block spends from, the one that most peers make is believed, and
 * the others are let go.
 * @throws NodeError `filters-disputed` where as many peers make one claim as another.
 */
export async function settleDispute(
  { height, hash, claims }: FilterDispute,
  { peers, getBlock }: FilterDisputeComponents,
  signal: AbortSignal,
): Promise<void> {
  const block = await getBlock(hash, signal)
  const sides = new Map<string, PeerId[]>()
  const shown = await Promise.all(claims.map(({ peer }) => show(peer, height, hash, signal)))
  for (const [index, claim] of claims.entries()) {
    const { id } = claim.peer
    const filter = shown[index]
    if (filter === undefined || !bytesEqual(filterHash(filter), claim.filterHash)) {
      await peers.letGo(id, 'filter-not-shown')
      continue
    }
    const fault = filterFault(filter, block)
    if (fault !== undefined) {
      await peers.punish(id, `wrong filter of block ${height}: ${fault}`)
      continue
    }
    const side = bytesToHex(claim.filterHash)
    sides.set(side, [...(sides.get(side) ?? []), id])
  }
  const [most, second] = [...sides.values()].sort((a, b) => b.length - a.length)
  if (most === undefined || second === undefined) return
  if (most.length === second.length) {
    throw new NodeError('filters-disputed', `Peers disagree about the filter of block ${height}`, {
      received: height,
    })
  }
  for (const side of sides.values()) {
    if (side !== most) for (const id of side) await peers.letGo(id, 'filters-disputed')
  }
}

/** The filter of one block as one peer has it; undefined where it does not come. */
async function show(
  { peer }: FilterPeer,
  height: number,
  hash: BlockHash,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const request = { filterType: BASIC_FILTER_TYPE, startHeight: height, stopHash: hash }
  try {
    for await (const { filter } of peer.getCompactFilters(request, { signal, timeout: FILTER_TIMEOUT }))
      return filter
  } catch {
    signal.throwIfAborted()
  }
  return undefined
}

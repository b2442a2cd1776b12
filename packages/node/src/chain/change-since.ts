import type { BlockRef, TipChange } from './chain-entry.ts'
import type { HeaderChain } from './header-chain.ts'

/** The reorg that has left `last` behind; undefined as long as it is in the best chain, or is not known. */
export function changeSince(chain: HeaderChain, last: BlockRef): TipChange | undefined {
  const fork = chain.forkPoint(last.hash)
  if (fork === undefined || fork.height >= last.height) return undefined
  const disconnected: BlockRef[] = []
  for (let at = chain.get(last.hash); at !== undefined && at.height > fork.height; ) {
    disconnected.push({ height: at.height, hash: at.hash })
    at = chain.get(at.header.previousBlockHash)
  }
  const { height, hash } = chain.tip()
  return { oldTip: last, newTip: { height, hash }, fork, disconnected }
}

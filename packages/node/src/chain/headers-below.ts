import type { BlockHash, BlockHeader } from '@sapwood/wire-codec'
import type { BlockRef } from './chain-entry.ts'

/** A header below the chain, known by the one above it. */
export interface HeaderBelow extends BlockRef {
  readonly header: BlockHeader
}

/**
 * Headers from the one before `above` down to a height: each is the one whose hash the header above it names,
 * so that whoever sends it need not be believed.
 * @param headerOf Resolves with the header that has this hash.
 */
export async function* headersBelow(
  { above, to }: { readonly above: Pick<HeaderBelow, 'height' | 'header'>; readonly to: number },
  headerOf: (hash: BlockHash) => Promise<BlockHeader>,
): AsyncGenerator<HeaderBelow, undefined, undefined> {
  let { height, header } = above
  while (height > to) {
    const hash = header.previousBlockHash
    header = await headerOf(hash)
    height -= 1
    yield { height, hash, header }
  }
}

import type { BlockRef } from '@sapwood/node'
import { type BlockHash, hashFromHex, hashToHex } from '@sapwood/wire-codec'

/**
 * How far publishing has come: the end of the chain of headers, and of that of blocks, as a consumer that
 * has everything up to here has them. Absent where none has been published.
 */
export interface Position {
  readonly headers?: BlockRef
  readonly blocks?: BlockRef
}

/** `105 00000000…`: the height, and the hash as people read it. */
export function formatRef({ height, hash }: BlockRef): string {
  return `${height} ${hashToHex(hash)}`
}

/** Reads what {@link formatRef} wrote; undefined where it is nothing of the kind. */
export function parseRef(text: string): BlockRef | undefined {
  const found = /^(\d{1,10}) ([0-9a-f]{64})$/.exec(text)
  if (found === null) return undefined
  return { height: Number(found[1]), hash: hashFromHex(found[2]!) as BlockHash }
}

import type { BlockRef, NodeHandle } from '@sapwood/node'
import { blockHashFromHex } from '@sapwood/wire-codec'
import { CommandError, usageError } from '../errors/command-error.ts'

/** A block by its height, or by its hash as people read it. */
export type BlockName = { readonly height: number } | { readonly hash: string }

/** Reads what names a block. @throws CommandError for anything else. */
export function readBlockName(text: string): BlockName {
  if (/^\d{1,9}$/.test(text)) return { height: Number(text) }
  if (/^[0-9a-f]{64}$/i.test(text)) return { hash: text.toLowerCase() }
  throw usageError(`a block is named by its height or its hash, not by '${text}'`)
}

/** The block of the best chain that is named. @throws CommandError where there is none. */
export function findBlock({ chain }: NodeHandle, name: BlockName): BlockRef {
  if ('height' in name) {
    const hash = chain.hashAt(name.height)
    if (hash !== undefined) return { height: name.height, hash }
    throw new CommandError(`there is no block ${name.height}: the best chain ends at ${chain.tip().height}`)
  }
  const hash = blockHashFromHex(name.hash)
  const height = chain.heightOf(hash)
  if (height === undefined) throw new CommandError(`no block of the best chain has the hash ${name.hash}`)
  return { height, hash }
}

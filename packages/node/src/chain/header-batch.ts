import { type BlockHash, blockHashes, type BlockHeader, type Network } from '@sapwood/wire-codec'
import type { HeaderSource } from './header-source.ts'
import { meetsTarget, targetOf } from './target-cache.ts'

/**
 * What came in one message, once `findBreak` has found nothing: linked,
 * and with proof of work for what each states.
 */
export interface HeaderBatch {
  readonly headers: readonly BlockHeader[]
  readonly hashes: readonly BlockHash[]
}

/** The first header of a batch that no honest peer sends, whatever chain it follows. */
export interface HeaderBreak {
  readonly index: number
  readonly code: 'not-linked' | 'bad-proof-of-work'
}

/**
 * Checks what needs no chain: each header builds on the one before it and its
 * hash meets the target it states.
 * @param before Hash of the header before the first, where there is one.
 */
export function findBreak(
  network: Network,
  headers: readonly BlockHeader[],
  hashes: readonly BlockHash[],
  before?: BlockHash,
): HeaderBreak | undefined {
  const limit = targetOf(network.powLimitBits)!.value
  for (let index = 0; index < headers.length; index++) {
    const header = headers[index]!
    const target = targetOf(header.bits)
    if (target === undefined || target.value > limit || !meetsTarget(hashes[index]!, target)) {
      return { index, code: 'bad-proof-of-work' }
    }
    const previous = index > 0 ? hashes[index - 1] : before
    if (previous !== undefined && !equalBytes(header.previousBlockHash, previous))
      return { index, code: 'not-linked' }
  }
  return undefined
}

/** As `findBreak`, of headers of which none is kept. */
export function findBreakOf(network: Network, source: HeaderSource): HeaderBreak | undefined {
  let before: BlockHash | undefined
  let looked = 0
  for (const headers of source.portions()) {
    const hashes = blockHashes(headers)
    const fault = findBreak(network, headers, hashes, before)
    if (fault !== undefined) return { ...fault, index: looked + fault.index }
    before = hashes.at(-1)
    looked += headers.length
  }
  return undefined
}

/** Work that headers state in their `bits`; proved only where `findBreak` found nothing. */
export function claimedWork(bits: Iterable<number>): bigint {
  let total = 0n
  for (const each of bits) total += targetOf(each)?.work ?? 0n
  return total
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false
  return true
}

import { openBasicFilter, type PackedScripts } from '@sapwood/wire-codec'
import type { VerifiedFilter } from './filter-stream.ts'

/** Whether a filter's block may pay to one of the scripts or spend from it. */
export function mayConcern(
  { bytes, hash }: Pick<VerifiedFilter, 'bytes' | 'hash'>,
  scripts: PackedScripts,
): boolean {
  try {
    return openBasicFilter(bytes, hash).matchAny(scripts)
  } catch {
    // All peers hold this for the filter, and it opens nothing: the block has to be looked at itself.
    return true
  }
}

import { isPeerError } from '@sapwood/peer'

/**
 * Milliseconds that each of several equal questions may take. Bitcoin Core says nothing where its index lags
 * behind the chain, and has the answer a moment later: so the question is put again soon, and given up after
 * half a minute.
 */
export const FILTER_HEADER_TIMEOUTS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 15_000]
/** The same for filters, of which one answer may have megabytes. */
export const FILTER_TIMEOUTS: readonly number[] = [2_000, 4_000, 8_000, 16_000]

/** Milliseconds that a peer has for its checkpoints: without them all headers are looked at again. */
export const CHECKPOINTS_TIMEOUT = 5_000

/** Whether a question was not answered in time, and may be put again. */
export function isLate(error: unknown): boolean {
  return isPeerError(error) && error.code === 'timeout'
}

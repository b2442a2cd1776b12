import { drawUnit, MINUTE, type Random } from '@sapwood/transport-v1v2/environment'

/**
 * However long an added peer has been away, it is tried this often,
 * in milliseconds (Core: each minute, `ThreadOpenAddedConnections`).
 */
const LONGEST_RETRY = MINUTE

export interface BackOffOptions {
  /** Milliseconds before the first retry. Default: 1,000. */
  readonly first?: number
  /** Milliseconds that the wait grows to. Default: 60,000. */
  readonly longest?: number
  /** What each further failure multiplies the wait with. Default: 2. */
  readonly factor?: number
}

/**
 * How long to wait after `failures` failures in a row (1 or more): doubling, and each wait between half of
 * that and all of it, so that many nodes do not come back at the same moment.
 */
export function backOffDelay(failures: number, random: Random, options: BackOffOptions = {}): number {
  const { first = 1_000, longest = LONGEST_RETRY, factor = 2 } = options
  const full = Math.min(longest, first * factor ** Math.min(failures - 1, 64))
  return Math.round(full * (0.5 + drawUnit(random) / 2))
}

import type { ConnectionKind } from '../contract/connection-kind.ts'
import type { BucketOptions } from '../contract/limit-options.ts'

/**
 * For a stranger that dialled us: 2 % of our time. Ten of them at once leave four fifths of it to honest
 * work.
 */
const INBOUND_WORK: BucketOptions = { burst: 200_000, perSecond: 20_000 }
/**
 * For a remote of our own choice: thousands of blocks announced one by one are no more than the burst. Eight
 * that turn out hostile have 2.4 seconds of our time at first, all of them, and then an eighth of it at most.
 */
const OUTBOUND_WORK: BucketOptions = { burst: 300_000, perSecond: 15_000 }
/** For one that the owner named. */
const MANUAL_WORK: BucketOptions = { burst: 2_000_000, perSecond: 500_000 }

/**
 * Microseconds of work at once, and for each second, for what a remote of this kind sends unasked. Whoever is
 * beyond it is read more slowly, and never blamed: honest software sends thousands of messages at once when
 * it has cause. A message is always handled; what it costs beyond the bucket is a debt, and nothing is read
 * until time has paid it.
 */
export function defaultWork(kind: ConnectionKind): BucketOptions {
  if (kind === 'inbound') return INBOUND_WORK
  return kind === 'manual' ? MANUAL_WORK : OUTBOUND_WORK
}

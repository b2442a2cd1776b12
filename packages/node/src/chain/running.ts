import type { Phase } from './phase.ts'
import { FAR_BEHIND } from './syncing.ts'

/** At the tip. */
export const running: Phase = {
  name: 'running',
  relaysTransactions: true,
  watchesTip: true,
  sendsFeelers: true,
  next: ({ blocksBehind }) => (blocksBehind > FAR_BEHIND ? 'syncing' : 'running'),
}

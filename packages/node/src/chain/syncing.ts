import type { Phase } from './phase.ts'

/** Blocks behind the tip above which a stream counts as syncing: a day's worth. */
export const FAR_BEHIND = 144

/** The chain is known, a program reads its blocks from far back: bandwidth goes there. */
export const syncing: Phase = {
  name: 'syncing',
  relaysTransactions: false,
  watchesTip: true,
  sendsFeelers: true,
  next: ({ blocksBehind }) => (blocksBehind > 0 ? 'syncing' : 'running'),
}

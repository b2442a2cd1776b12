import { FAR_BEHIND } from './syncing.ts'
import type { Phase } from './phase.ts'

/**
 * Headers first. One peer that keeps silent cannot hold this phase: the header sync replaces it at its
 * deadline, and the phase ends as soon as the peer that headers come from has no more.
 */
export const choosingChain: Phase = {
  name: 'choosing-chain',
  relaysTransactions: false,
  watchesTip: false,
  sendsFeelers: false,
  next: ({ headerPeers, headersCaughtUp, blocksBehind }) => {
    if (headerPeers === 0 || !headersCaughtUp) return 'choosing-chain'
    return blocksBehind > FAR_BEHIND ? 'syncing' : 'running'
  },
}

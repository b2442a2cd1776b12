/** What a bitcoind has to be started with so that the suite has nothing to skip but the refusals. */
export const ALL_SERVICES: readonly string[] = [
  '-blockfilterindex=1',
  '-peerblockfilters=1',
  '-peerbloomfilters=1',
  '-txreconciliation=1',
]

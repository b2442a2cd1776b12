import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for 1,000 filters and 2,000 filter headers 300 times and read none',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  times: 300,
  messages: ({ chain }) => [
    honest({ type: 'getcfilters', filterType: 0, startHeight: 1, stopHash: chain.at(1_000)!.hash }),
    honest({ type: 'getcfheaders', filterType: 0, startHeight: 1, stopHash: chain.at(2_000)!.hash }),
  ],
})

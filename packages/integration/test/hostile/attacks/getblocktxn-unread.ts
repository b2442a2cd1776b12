import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for the transactions of a block 900 times and read none',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  times: 900,
  messages: ({ chain, height }) => [
    honest({ type: 'getblocktxn', blockHash: chain.at(height)!.hash, indexes: Uint16Array.of(0, 1) }),
  ],
})

import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { message } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for addresses, and for the mempool 90 times, and read neither',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  messages: () => [message('getaddr'), ...new Array<ReturnType<typeof message>>(90).fill(message('mempool'))],
  times: 1,
})

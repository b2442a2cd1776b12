import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transactions } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'send 15 transactions of 399 kB each, all of them new',
  peers: ALL_PLACES,
  times: 1,
  again: false,
  protocol: 'v1',
  messages: () => transactions(15, 399_000),
})

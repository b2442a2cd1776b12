import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ping as fast as the node reads, and read no answer',
  peers: ALL_PLACES,
  reads: false,
  messages: () => [honest({ type: 'ping', nonce: 5n })],
})

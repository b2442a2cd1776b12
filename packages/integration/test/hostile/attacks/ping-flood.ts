import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ping as fast as the node reads, and read the answers',
  peers: A_FEW,
  messages: () => [honest({ type: 'ping', nonce: 5n })],
})

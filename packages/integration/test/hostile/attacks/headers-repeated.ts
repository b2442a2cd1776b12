import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'send the first 2,000 headers of the best chain again and again',
  peers: A_FEW,
  messages: ({ chain }) => [honest({ type: 'headers', headers: chain.headers.slice(0, 2_000) })],
})

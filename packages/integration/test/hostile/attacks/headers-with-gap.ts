import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'send 2,000 headers of which the last connects to nothing',
  peers: A_FEW,
  messages: ({ chain }) => [
    honest({ type: 'headers', headers: [...chain.headers.slice(0, 1_998), chain.headers[2_100]!] }),
  ],
})

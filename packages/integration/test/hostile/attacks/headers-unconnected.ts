import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'
import { RegtestChain } from '../../../src/index.ts'

const elsewhere = new RegtestChain({ blocks: 500, name: 'elsewhere' })

export const attack: Attack = flood({
  what: 'announce headers whose parent nobody knows, one and many at a time',
  peers: A_FEW,
  messages: () => [
    honest({ type: 'headers', headers: elsewhere.headers.slice(-1) }),
    honest({ type: 'headers', headers: elsewhere.headers.slice(100) }),
    honest({ type: 'headers', headers: elsewhere.headers.slice(-8) }),
  ],
})

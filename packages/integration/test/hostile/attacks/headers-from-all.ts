import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'
import { RegtestChain } from '../../../src/index.ts'

export const attack: Attack = flood({
  what: 'each send 2,000 headers of another chain with little work, and nothing more',
  peers: ALL_PLACES,
  times: 1,
  again: false,
  messages: (_, index) => [
    honest({ type: 'headers', headers: new RegtestChain({ blocks: 2_000, name: `fork ${index}` }).headers }),
  ],
})

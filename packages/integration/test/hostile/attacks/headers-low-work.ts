import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'
import { RegtestChain } from '../../../src/index.ts'

export const attack: Attack = flood({
  what: 'send 2,000 headers of a chain of their own that has little work, another chain each time they come back',
  peers: A_FEW,
  messages: (_, index) => {
    const chain = new RegtestChain({ blocks: 2_000, name: `low ${index}` })
    return [honest({ type: 'headers', headers: chain.headers })]
  },
})

import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'load bloom filters of the largest size and add to them, again and again',
  peers: A_FEW,
  messages: () => [
    honest({ type: 'filterload', filter: new Uint8Array(36_000), hashFunctions: 50, tweak: 1, flags: 1 }),
    honest({ type: 'filteradd', element: new Uint8Array(520) }),
    honest({ type: 'filterclear' }),
  ],
})

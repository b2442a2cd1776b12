import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'switch compact blocks on and off and change the fee filter, as fast as the node reads',
  peers: A_FEW,
  messages: () => [
    honest({ type: 'sendcmpct', announce: true, version: 2n }),
    honest({ type: 'feefilter', feeRate: 1_000n }),
    honest({ type: 'sendcmpct', announce: false, version: 2n }),
    honest({ type: 'feefilter', feeRate: 2_000n }),
    honest({ type: 'sendheaders' }),
  ],
})

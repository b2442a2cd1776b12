import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for every block in its compact form, one message after the other, and read them',
  peers: A_FEW,
  times: 1,
  messages: ({ chain, height }) => [
    honest({
      type: 'getdata',
      inventory: Array.from({ length: height }, (_, index) => ({
        type: InventoryType.COMPACT_BLOCK,
        hash: chain.at(1 + index)!.hash,
      })),
    }),
  ],
})

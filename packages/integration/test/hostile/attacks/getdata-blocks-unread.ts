import { InventoryType } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'ask for every block sixteen times over in one message, three times, and read none',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  times: 3,
  messages: ({ chain, height }) => [
    honest({
      type: 'getdata',
      inventory: Array.from({ length: 16 * height }, (_, index) => ({
        type: InventoryType.WITNESS_BLOCK,
        hash: chain.at(1 + (index % height))!.hash,
      })),
    }),
  ],
})

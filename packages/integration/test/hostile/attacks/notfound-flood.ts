import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { inventory } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'say of 50,000 things that they were not found, and of 5,000, again and again',
  peers: A_FEW,
  messages: () => [
    honest({ type: 'notfound', inventory: inventory(50_000, InventoryType.WITNESS_BLOCK) }),
    honest({ type: 'notfound', inventory: inventory(5_000, InventoryType.WTX) }),
  ],
})

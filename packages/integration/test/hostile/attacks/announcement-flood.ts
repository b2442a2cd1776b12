import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { inventory } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'announce 50,000 transactions or blocks in each message that nobody has',
  peers: A_FEW,
  messages: (_, index) => [
    honest({
      type: 'inv',
      inventory: inventory(50_000, index % 3 === 2 ? InventoryType.BLOCK : InventoryType.WTX),
    }),
  ],
})

import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { list } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'say of 50,000 things that they were not found, and of 5,000, again and again',
  peers: A_FEW,
  messages: () => [
    list('notfound', 50_000, InventoryType.WITNESS_BLOCK),
    list('notfound', 5_000, InventoryType.WTX),
  ],
})

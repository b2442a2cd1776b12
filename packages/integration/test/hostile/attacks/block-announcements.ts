import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { list } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'announce one block that nobody has in each message, another each time',
  peers: A_FEW,
  messages: () => Array.from({ length: 1_000 }, () => list('inv', 1, InventoryType.BLOCK)),
})

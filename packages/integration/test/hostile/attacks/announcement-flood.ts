import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { list } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'announce 50,000 transactions or blocks in each message that nobody has',
  peers: A_FEW,
  messages: (_, index) => [list('inv', 50_000, index % 3 === 2 ? InventoryType.BLOCK : InventoryType.WTX)],
})

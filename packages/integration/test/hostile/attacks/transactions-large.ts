import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transactions } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'send transactions of 100 kB unasked, as many as are taken',
  peers: A_FEW,
  times: 1,
  messages: (field) => transactions(field.scaled(100), 99_000),
})

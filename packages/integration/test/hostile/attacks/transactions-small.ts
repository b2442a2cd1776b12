import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transactions } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'send 5,000 small transactions unasked, again and again',
  peers: A_FEW,
  times: 1,
  messages: (field) => transactions(field.scaled(5_000), 40),
})

import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transactions } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'stream transactions of 390 kB while a program holds subscriptions that it does not read',
  peers: A_FEW,
  node: { unreadEvents: true },
  times: 1,
  pause: 100,
  milliseconds: 5_000,
  messages: (field) => transactions(field.scaled(30), 390_000),
})

import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { junk } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'send unknown commands, with payloads of nothing and of 3.9 MB',
  peers: A_FEW,
  messages: (_, index) => [junk('nonsense', index % 2 === 0 ? 3_900_000 : 0)],
})

import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { gossip } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'tell of 1,000 new addresses in each message, as many messages as are taken',
  peers: A_FEW,
  messages: (_, index) => [gossip(index % 2 === 0 ? 'addr' : 'addrv2', 1_000)],
})

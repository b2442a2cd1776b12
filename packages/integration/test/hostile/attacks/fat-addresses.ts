import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { gossip, withTail } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'tell of ten addresses in a message with a tail of 3.9 MB, three times',
  peers: ALL_PLACES,
  again: false,
  times: 1,
  protocol: 'v1',
  messages: () => ['addr', 'addrv2', 'addr'].map((type) => withTail(gossip(type as 'addr', 10))),
})

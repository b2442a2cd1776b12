import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'

export const attack: Attack = flood({
  what: 'send empty messages with a wrong checksum, 24 bytes each',
  peers: A_FEW,
  messages: () => [{ command: 'ping', payload: new Uint8Array(0), checksum: 1 }],
})

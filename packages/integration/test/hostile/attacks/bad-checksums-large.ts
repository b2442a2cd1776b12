import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { NEARLY_LARGEST } from '../support/payloads.ts'

export const attack: Attack = flood({
  what: 'send messages of 3.9 MB with a wrong checksum, each of which has to be hashed',
  peers: A_FEW,
  times: 1,
  messages: () => [{ command: 'block', payload: new Uint8Array(NEARLY_LARGEST), checksum: 1 }],
})

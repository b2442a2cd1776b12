import { randomBytes } from 'node:crypto'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { message } from '../support/raw-peer.ts'

const ENTRY = 4 + 1 + 1 + 3 + 512 + 2

/** 1,000 addresses of 512 bytes each, of networks that nobody knows. */
function unknownAddresses() {
  const payload = randomBytes(3 + 1_000 * ENTRY)
  payload.set([0xfd, 1_000 & 255, 1_000 >> 8])
  for (let index = 0, at = 3; index < 1_000; index++, at += ENTRY) {
    payload.writeUInt32LE(Math.floor(Date.now() / 1_000), at)
    payload.set([1, 0x80 + (index & 63), 0xfd, 0, 2], at + 4)
  }
  return message('addrv2', payload)
}

export const attack: Attack = flood({
  what: 'tell of 1,000 addresses of 512 bytes each, of networks that nobody knows',
  peers: A_FEW,
  messages: () => [unknownAddresses()],
})

import { regtest } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest, message } from '../support/raw-peer.ts'

const asking = new Array(300).fill(
  honest({
    type: 'getheaders',
    version: 70_016,
    locator: [regtest.genesisHash],
    stopHash: regtest.genesisHash,
  }),
) as ReturnType<typeof honest>[]

/** The same for each hostile peer: it is made once. */
const made = new Map<number, readonly ReturnType<typeof message>[]>()

export const attack: Attack = flood({
  what: 'stop reading, and then send 400,000 messages of 24 bytes',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  protocol: 'v1',
  times: 1,
  messages: (field) => {
    const count = field.scaled(400_000)
    const small = new Array<ReturnType<typeof message>>(count).fill(message('sendheaders'))
    const messages = made.get(count) ?? [...asking, ...small]
    made.set(count, messages)
    return messages
  },
})

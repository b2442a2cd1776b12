import { regtest } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { junk } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

/** Longer than what a node queues, so that it waits for this peer to read. */
const asking = new Array(300).fill(
  honest({
    type: 'getheaders',
    version: 70_016,
    locator: [regtest.genesisHash],
    stopHash: regtest.genesisHash,
  }),
) as ReturnType<typeof honest>[]
const large = junk('nonsense', 2_000_000)
/** The same for each hostile peer: it is made once. */
const messages = [...asking, ...new Array<typeof large>(12).fill(large)]

export const attack: Attack = flood({
  what: 'stop reading, and then send 24 MB more',
  peers: ALL_PLACES,
  reads: false,
  again: false,
  protocol: 'v1',
  times: 1,
  messages: () => messages,
})

import { regtest } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { honest } from '../support/raw-peer.ts'
import { readSlowly } from '../support/read-slowly.ts'

/**
 * Between two chunks that are read, in milliseconds: enough for a node to think that its peer is only slow.
 */
const READ_PAUSE = 500

export const attack: Attack = {
  what: 'ask for headers and blocks by the thousand and read one chunk every half second',
  peers: ALL_PLACES,
  prepare: async (field) => {
    const asking = honest({
      type: 'getheaders',
      version: 70_016,
      locator: [regtest.genesisHash],
      stopHash: regtest.genesisHash,
    })
    return () =>
      field.each(async (index) => {
        const peer = await field.join(index, { protocol: field.protocolOf(index) })
        if (peer === undefined) return
        void peer.write(peer.frames(new Array<typeof asking>(field.scaled(400)).fill(asking)))
        await readSlowly(peer, field, { every: READ_PAUSE, bytes: 16_384 })
      })
  },
}

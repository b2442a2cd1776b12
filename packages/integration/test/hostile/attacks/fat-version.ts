import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { RawPeer, versionPayload } from '../support/raw-peer.ts'

export const attack: Attack = {
  what: 'say a `version` with a tail of 3.9 MB, and then nothing',
  peers: ALL_PLACES,
  prepare: (field) => {
    const version = Buffer.concat([versionPayload({ userAgent: '/'.repeat(256) }), new Uint8Array(3_900_000)])
    return Promise.resolve(async () => {
      for (let index = 0; index < field.peers && !field.signal.aborted; index++) {
        const peer = await RawPeer.join({ ...field.place(index), protocol: field.protocolOf(index), version })
        peer?.stopListening()
      }
      await field.pause(60_000)
    })
  },
}

import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { message, RawPeer, versionPayload } from '../support/raw-peer.ts'

export const attack: Attack = {
  what: 'hold every place: say nothing at all, or `version` and no `verack`, or all of the handshake and then nothing',
  peers: 2 * ALL_PLACES,
  prepare: async (field) => {
    return () =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await RawPeer.open(field.place(index))
          if (peer !== undefined) {
            peer.stopListening()
            if (index % 3 === 1) await peer.send(message('version', versionPayload()))
            if (index % 3 === 2) await peer.send(message('version', versionPayload()), message('verack'))
            await Promise.race([peer.gone, field.pause(60_000)])
            peer.socket.destroy()
          }
          await field.pause(100)
        }
      })
  },
}

import { ALL_PLACES } from '../support/attack.ts'
import type { Attack } from '../support/attack.ts'
import { junk } from '../support/payloads.ts'

export const attack: Attack = {
  what: 'send all of a message of 4 MB but its last byte, and then nothing',
  peers: ALL_PLACES,
  prepare: async (field) => {
    const message = junk('nonsense', 3_999_000)
    return () =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await field.join(index, { protocol: field.protocolOf(index) })
          if (peer === undefined) return
          peer.stopListening()
          await peer.write(peer.frames([message]).subarray(0, -1))
          await Promise.race([peer.gone, field.pause(60_000)])
          peer.socket.destroy()
        }
      })
  },
}

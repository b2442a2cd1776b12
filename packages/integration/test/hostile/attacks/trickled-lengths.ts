import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { junk } from '../support/payloads.ts'

/** Bytes of each crumb, and milliseconds between two. */
const CRUMB = 700
const PAUSE = 5

export const attack: Attack = {
  what: 'announce packets of 4 MB over v2 and v1, and give their contents in crumbs',
  peers: ALL_PLACES,
  prepare: async (field) => {
    const large = junk('nonsense', 3_999_000)
    return () =>
      field.each(async (index) => {
        for (;;) {
          const peer = await field.join(index, { protocol: field.protocolOf(index) })
          if (peer === undefined) return
          peer.stopListening()
          const bytes = peer.frames([large])
          for (let at = 0; peer.open && !field.signal.aborted; at += CRUMB) {
            await peer.write(bytes.subarray(at, at + CRUMB))
            await field.pause(PAUSE)
          }
          peer.socket.destroy()
        }
      })
  },
}

import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { junk } from '../support/payloads.ts'

/** Bytes of a message that each arrive in a chunk of their own, more or less. */
const CRUMBS = 20_000

export const attack: Attack = {
  what: 'send a message byte by byte, each in a packet of its own, and never the last',
  peers: ALL_PLACES,
  prepare: async (field) => {
    const message = junk('nonsense', 100_000)
    return () =>
      field.each(async (index) => {
        const peer = await field.join(index, { protocol: field.protocolOf(index) })
        if (peer === undefined) return
        peer.stopListening()
        const bytes = peer.frames([message])
        for (let sent = 0; sent < CRUMBS && !field.signal.aborted; sent += 20) {
          for (let crumb = sent; crumb < sent + 20; crumb++)
            peer.socket.write(bytes.subarray(crumb, crumb + 1))
          await field.pause(5)
        }
        await Promise.race([peer.gone, field.pause(60_000)])
      })
  },
}

import { randomBytes } from 'node:crypto'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { RawPeer } from '../support/raw-peer.ts'

/** A key, all the garbage that BIP324 allows, and nearly a terminator. */
const OPENING = 64 + 4_095 + 15

export const attack: Attack = {
  what: 'send a key, 4,095 bytes of garbage and no terminator, and hold the place',
  peers: 2 * ALL_PLACES,
  prepare: async (field) => {
    const opening = randomBytes(OPENING)
    return () =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await RawPeer.open(field.place(index))
          if (peer !== undefined) {
            peer.socket.resume()
            await peer.write(opening)
            await Promise.race([peer.gone, field.pause(60_000)])
            peer.socket.destroy()
          }
          await field.pause(100)
        }
      })
  },
}

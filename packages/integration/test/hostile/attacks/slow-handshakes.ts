import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { message, RawPeer, versionPayload } from '../support/raw-peer.ts'

export const attack: Attack = {
  what: 'hold every place with a handshake of one byte a second, in v1 and v2',
  peers: 2 * ALL_PLACES,
  prepare: async (field) => {
    return () =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await RawPeer.open({ ...field.place(index), protocol: 'v1' })
          if (peer !== undefined) {
            peer.socket.resume()
            const bytes =
              field.protocolOf(index) === 'v1'
                ? peer.frames([message('version', versionPayload())])
                : new Uint8Array(64).fill(7)
            for (let at = 0; at < bytes.length; at++) {
              if (!(await peer.write(bytes.subarray(at, at + 1)))) break
              await field.pause(1_000)
            }
            peer.socket.destroy()
          }
          await field.pause(100)
        }
      })
  },
}

import { A_FEW, type Attack } from '../support/attack.ts'
import { honest, RawPeer } from '../support/raw-peer.ts'

/** Connections that each hostile peer keeps. */
const AT_ONCE = 12

export const attack: Attack = {
  what: 'close their half of a connection in each phase of v2, and keep the other for as long as they may',
  peers: A_FEW,
  prepare: (field) =>
    Promise.resolve(() =>
      field.each(async (index) => {
        const one = async (_: unknown, lane: number): Promise<void> => {
          for (let turn = index + lane; !field.signal.aborted; turn++) {
            const peer = await RawPeer.open({ ...field.place(index), protocol: 'v2' })
            if (peer !== undefined) {
              if (turn % 4 === 1) await peer.write(new Uint8Array(30).fill(turn))
              if (turn % 4 === 2) await peer.write(new Uint8Array(64).fill(turn))
              if (turn % 4 === 3) {
                const isIn = await peer.shakeHands()
                if (isIn) await peer.write(peer.frames([honest({ type: 'ping', nonce: 1n })]).subarray(0, 10))
              }
              peer.socket.end()
              await Promise.race([peer.gone, field.pause(turn % 2 === 0 ? 500 : 60_000)])
              peer.socket.resetAndDestroy()
            }
            await field.pause(2)
          }
        }
        await Promise.all(Array.from({ length: AT_ONCE }, one))
      }),
    ),
}

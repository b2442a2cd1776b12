import { setTimeout as sleep } from 'node:timers/promises'
import { A_FEW, type Attack } from '../support/attack.ts'
import { message, RawPeer, versionPayload } from '../support/raw-peer.ts'

/** Connections at the same time that each hostile peer has. */
const AT_ONCE = 6
const endings = ['reset', 'end', 'half-close'] as const

export const attack: Attack = {
  what: 'connect, get as far as each phase, and end there by a reset, an end and a half-close, again and again',
  peers: A_FEW,
  prepare: async (field) => {
    /** How far each connection goes, in v1. */
    const phases: readonly ((peer: RawPeer) => Promise<unknown>)[] = [
      () => Promise.resolve(),
      (peer) => peer.write(new Uint8Array(64).fill(9)),
      (peer) => peer.write(peer.frames([message('version', versionPayload())]).subarray(0, 40)),
      (peer) => peer.send(message('version', versionPayload())),
      (peer) => peer.shakeHands(),
      async (peer) => {
        await peer.shakeHands()
        await peer.write(peer.frames([message('block', new Uint8Array(3_000))]).subarray(0, 1_000))
      },
      async (peer) => {
        await peer.shakeHands()
        await peer.send(message('getaddr'), message('mempool'))
      },
    ]
    return () =>
      field.each(async (index) => {
        const one = async (_: unknown, lane: number): Promise<void> => {
          for (let turn = index + lane; !field.signal.aborted; turn++) {
            const peer = await RawPeer.open(field.place(index))
            if (peer !== undefined) {
              await Promise.race([phases[turn % phases.length]!(peer), peer.gone, sleep(1_000)])
              const ending = endings[turn % endings.length]!
              if (ending === 'reset') peer.socket.resetAndDestroy()
              else peer.socket.end()
              if (ending === 'half-close') {
                peer.turnDeaf()
                await field.pause(20)
              }
              peer.socket.destroy()
            }
            await field.pause(2)
          }
        }
        await Promise.all(Array.from({ length: AT_ONCE }, one))
      })
  },
}

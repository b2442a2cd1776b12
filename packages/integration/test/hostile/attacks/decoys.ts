import { A_FEW, type Attack } from '../support/attack.ts'
import { honest } from '../support/raw-peer.ts'

/**
 * Empty decoys that each peer has ready: 20 bytes each. Some seconds of work for a node that opens them all.
 */
const DECOYS = 150_000

export const attack: Attack = {
  what: 'send nothing but decoys over v2, as fast as they are taken',
  peers: A_FEW,
  milliseconds: 4_000,
  prepare: async (field) => {
    const ready = new Map<number, () => Promise<void>>()
    await field.each(async (index) => {
      const peer = await field.join(index, { protocol: 'v2' })
      if (peer === undefined) return
      peer.stopListening()
      const portions = Array.from({ length: 10 }, () =>
        peer.decoys(field.scaled(DECOYS / 10), honest({ type: 'ping', nonce: 1n })),
      )
      ready.set(index, async () => {
        for (const portion of portions) if (!(await peer.write(portion))) break
        // Those who were thrown out come back, with as many decoys as fit into what is left of the time.
        while (!field.signal.aborted) {
          await Promise.race([peer.gone, field.pause(60_000)])
          const next = await field.join(index, { protocol: 'v2' })
          if (next === undefined) return
          next.stopListening()
          await next.write(next.decoys(field.scaled(2_000), honest({ type: 'ping', nonce: 1n })))
          next.socket.destroy()
        }
      })
    })
    return () => field.each(async (index) => await ready.get(index)?.())
  },
}

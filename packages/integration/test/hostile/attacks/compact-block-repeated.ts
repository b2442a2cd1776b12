import { buildCompactBlock } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { honest } from '../support/raw-peer.ts'

/** As many as the limits of a type once let pass at once. */
const REPEATED = 900

export const attack: Attack = {
  what: 'send one compact block of a block that nobody gives 900 times, again and again',
  peers: A_FEW,
  prepare: async (field) => {
    const { block } = field.chain.at(field.height + 1)!
    const compactBlock = { ...buildCompactBlock(block, { nonce: 7n }), shortIds: [1, 2, 3], prefilled: [] }
    const announced = honest({ type: 'headers', headers: [block.header] })
    const compact = honest({ type: 'cmpctblock', compactBlock })
    return () =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await field.join(index)
          if (peer === undefined) return
          peer.stopListening()
          await peer.send(announced, ...new Array<typeof compact>(field.scaled(REPEATED)).fill(compact))
          await Promise.race([peer.gone, field.pause(300)])
          peer.socket.destroy()
        }
      })
  },
}

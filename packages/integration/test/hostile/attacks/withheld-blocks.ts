import { InventoryType } from '@sapwood/wire-codec'
import { ALL_PLACES, type Attack } from '../support/attack.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = {
  what: 'announce twenty new blocks by headers and inv, and answer no request for them',
  peers: ALL_PLACES,
  prepare: async (field) => {
    const { chain, height } = field
    const headers = chain.headers.slice(height, height + 20)
    const inventory = headers.map((_, at) => ({
      type: InventoryType.BLOCK,
      hash: chain.at(height + 1 + at)!.hash,
    }))
    return () =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await field.join(index, { protocol: field.protocolOf(index) })
          if (peer === undefined) return
          await peer.send(honest({ type: 'inv', inventory }), honest({ type: 'headers', headers }))
          while (peer.open) {
            const heard = await peer.next()
            if (heard === undefined) break
            if (heard.command === 'ping') await peer.send({ command: 'pong', payload: heard.payload })
            if (heard.command === 'getheaders') await peer.send(honest({ type: 'headers', headers }))
          }
        }
      })
  },
}

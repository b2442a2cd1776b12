import { type Attack, OUTBOUND_PLACES } from '../support/attack.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = {
  what: 'be dialled by the node, show it the whole chain and more, and never give it a block',
  peers: OUTBOUND_PLACES,
  areDialled: true,
  // A peer that owes blocks is found out by its silence: Core waits for two seconds,
  // and twice that for the next.
  atMost: { slowdown: 20 },
  prepare: async (field) => {
    const { headers } = field.chain
    await field.each((index) =>
      field.listen(index, async (peer) => {
        await peer.send(honest({ type: 'headers', headers: headers.slice(-100) }))
        for (;;) {
          const heard = await peer.next()
          if (heard === undefined) return
          if (heard.command === 'ping') await peer.send({ command: 'pong', payload: heard.payload })
          if (heard.command === 'getheaders')
            await peer.send(honest({ type: 'headers', headers: headers.slice(-100) }))
        }
      }),
    )
    return () => field.pause(60_000)
  },
}

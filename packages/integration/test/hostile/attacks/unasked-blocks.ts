import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest, message } from '../support/raw-peer.ts'

export const attack: Attack = flood({
  what: 'send blocks that nobody asked for, old ones and new ones, and what is nearly a block',
  peers: A_FEW,
  times: 1,
  pause: 20,
  messages: ({ chain, height }) =>
    Array.from({ length: 120 }, (_, index) => {
      const { bytes, block } = chain.at(height + 20 - index)!
      if (index % 3 !== 2) return message('block', bytes)
      return honest({
        type: 'block',
        block: { ...block, transactions: [...block.transactions, block.transactions[0]!] },
      })
    }),
})

import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transaction } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'

/** Transactions of some sixty bytes: as many as go into one message. */
const TRANSACTIONS = 60_000

export const attack: Attack = flood({
  what: 'send blocks of 60,000 small transactions that nobody asked for',
  peers: A_FEW,
  times: 1,
  messages: ({ chain, height }) => {
    const { block } = chain.at(height + 2)!
    const small = transaction(1)
    const transactions = new Array<typeof small>(TRANSACTIONS).fill(small)
    return [honest({ type: 'block', block: { ...block, transactions } })]
  },
})

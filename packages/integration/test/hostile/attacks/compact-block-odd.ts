import { buildCompactBlock } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { transaction, transactions } from '../support/payloads.ts'
import { honest } from '../support/raw-peer.ts'
import type { HostileMessage } from '../support/v1-frame.ts'

/** Transactions that a compact block carries whole, as many as there can be. */
const PREFILLED = 60_000
const tiny = transaction(0)
/** The same for all of them: to make them takes longer than to send them. */
let made: readonly HostileMessage[] | undefined

export const attack: Attack = flood({
  what: 'send compact blocks of short ids that are all alike, and of nothing but whole transactions',
  peers: A_FEW,
  times: 1,
  messages: ({ chain, height }) =>
    (made ??= [
      honest({ type: 'headers', headers: chain.headers.slice(height, height + 20) }),
      ...transactions(50, 100),
      ...[1, 2, 3, 4, 5, 6].map((above) => {
        const compactBlock = buildCompactBlock(chain.at(height + above)!.block, { nonce: 5n })
        if (above % 3 === 0)
          return honest({
            type: 'cmpctblock',
            compactBlock: { ...compactBlock, shortIds: new Array<number>(20_000).fill(7) },
          })
        return honest({
          type: 'cmpctblock',
          compactBlock: {
            ...compactBlock,
            shortIds: above % 3 === 1 ? [] : [1, 2, 3],
            prefilled: Array.from({ length: PREFILLED }, (_, index) => ({ index, transaction: tiny })),
          },
        })
      }),
    ]),
})

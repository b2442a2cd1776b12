import { buildCompactBlock } from '@sapwood/wire-codec'
import { A_FEW, type Attack } from '../support/attack.ts'
import { flood } from '../support/flood.ts'
import { honest } from '../support/raw-peer.ts'
import { DOWNLOADED_BLOCKS } from '../support/shared-chain.ts'

/** Within what the limits of a type let pass at once. */
const CLAIMS = 900

export const attack: Attack = flood({
  what: 'send a compact block, unasked, for every height that is being downloaded, and never the rest of it',
  peers: A_FEW,
  times: 1,
  pause: 500,
  messages: ({ chain, peers }, index) =>
    Array.from({ length: CLAIMS }, (_, claim) => {
      const { block } = chain.at(1 + ((claim * peers + index) % DOWNLOADED_BLOCKS))!
      const compactBlock = { ...buildCompactBlock(block, { nonce: 1n }), shortIds: [1, 2, 3], prefilled: [] }
      return honest({ type: 'cmpctblock', compactBlock })
    }),
})

import {
  asBlockHash,
  decodeBlock,
  isBlockEntry,
  type InventoryVector,
  type Message,
} from '@sapwood/wire-codec'
import type { BendFilter } from '../regtest/regtest-filters.ts'
import { regtestFilterServices } from '../regtest/regtest-filters.ts'
import type { RegtestChain } from '../regtest/regtest-chain.ts'
import type { MessageHandler } from './test-peer.ts'

/** Answers that a peer with a chain gives: `peer.on('getheaders', reply.headers(chain))`. */
export const reply: {
  /** Of `getheaders`: the headers after the first hash that is known, at most 2,000. */
  headers(chain: RegtestChain): MessageHandler<'getheaders'>
  /** Of `getdata`: blocks of the chain, and `notfound` for anything else. */
  blocks(chain: RegtestChain): MessageHandler<'getdata'>
  /** Of `getcfheaders` (BIP157). @param bend changes each filter; honest by default. */
  filterHeaders(chain: RegtestChain, bend?: BendFilter): MessageHandler<'getcfheaders'>
  /** Of `getcfilters` (BIP157). @param bend changes each filter; honest by default. */
  filters(chain: RegtestChain, bend?: BendFilter): MessageHandler<'getcfilters'>
} = {
  headers: (chain) => (message) => ({
    type: 'headers',
    headers: chain.headersAfter(message.locator, message.stopHash),
  }),
  blocks: (chain) => (message) => {
    const found: Message[] = []
    const missing: InventoryVector[] = []
    for (const entry of message.inventory) {
      const block = isBlockEntry(entry.type) ? chain.byHash(asBlockHash(entry.hash)) : undefined
      if (block === undefined) missing.push(entry)
      else found.push({ type: 'block', block: decodeBlock(block.bytes) })
    }
    return missing.length === 0 ? found : [...found, { type: 'notfound', inventory: missing }]
  },
  filterHeaders: (chain, bend) => {
    const services = regtestFilterServices(() => chain, bend)
    return (message) => {
      const answer = services.compactFilterHeaders(message)
      return 'invalid' in answer ? undefined : { type: 'cfheaders', ...answer }
    }
  },
  filters: (chain, bend) => {
    const services = regtestFilterServices(() => chain, bend)
    return (message) => {
      const answer = services.compactFilters(message)
      return 'invalid' in answer ? undefined : answer.map((filter) => ({ type: 'cfilter', ...filter }))
    }
  },
}

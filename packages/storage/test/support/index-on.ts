import { createHash } from 'node:crypto'
import { regtest } from '@sapwood/wire-codec'
import type { KeyValueNamespace, KeyValueStore } from '@sapwood/node'
import { IndexedChain } from '../../src/chain-index/indexed-chain.ts'
import type { SpendingBlock } from './spending-blocks.ts'

/** Where an index of these tests is in its store. */
export const entriesOf = (store: KeyValueStore): KeyValueNamespace => store.namespace('index')

/** An index of everything on a chain of made blocks. */
export function openIndex(store: KeyValueStore, blocks: readonly SpendingBlock[]): Promise<IndexedChain> {
  return IndexedChain.open({
    entries: entriesOf(store),
    network: regtest,
    chain: { hashAt: (height) => blocks[height - 1]?.hash, medianTimePast: () => 0 },
    topics: { filters: true, transactions: true },
  })
}

/** All that is in an index, in one hash. */
export async function contentOf(store: KeyValueStore): Promise<string> {
  const hash = createHash('sha256')
  for await (const [key, value] of entriesOf(store).entries()) hash.update(key).update(value)
  return hash.digest('hex')
}

import { bytesToHex, type Transaction, txid, wtxid } from '@sapwood/wire-codec'
import type { PeerServices } from '@sapwood/peer'
import type { RegtestChain } from './regtest-chain.ts'

/** Most block hashes of one answer to `getblocks`. */
const MAX_BLOCK_HASHES = 500

/**
 * Serves a chain, and transactions, as Bitcoin Core would serve them.
 * @param chainOfNow the chain that is served at the moment it is asked for.
 * @param transactions those that have been offered, by txid and by wtxid in hex.
 */
export function regtestServices(
  chainOfNow: () => RegtestChain,
  transactions: ReadonlyMap<string, Transaction>,
): PeerServices {
  return {
    headers: ({ locator, stopHash }) => chainOfNow().headersAfter(locator, stopHash),
    blockHashes: ({ locator }) => {
      const chain = chainOfNow()
      const start = locator.map((hash) => chain.heightOf(hash)).find((height) => height !== undefined) ?? 0
      const count = Math.min(MAX_BLOCK_HASHES, chain.height - start)
      return Array.from({ length: count }, (_, index) => chain.at(start + 1 + index)!.hash)
    },
    block: (hash) => chainOfNow().byHash(hash)?.bytes,
    transaction: (id) => transactions.get(bytesToHex(id.hash)),
    blockTransactions: ({ blockHash, indexes }) => {
      const inBlock = chainOfNow().byHash(blockHash)?.block.transactions
      if (inBlock === undefined) return undefined
      const chosen = indexes.flatMap((index) => inBlock[index] ?? [])
      return chosen.length === indexes.length ? chosen : { invalid: 'index past the end of the block' }
    },
  }
}

/** Both names of a transaction, in hex. */
export function namesOf(transaction: Transaction): readonly string[] {
  return [bytesToHex(txid(transaction)), bytesToHex(wtxid(transaction))]
}

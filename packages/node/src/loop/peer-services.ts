import type { PeerServices } from '@sapwood/peer'
import type { ServedAddresses } from '../addresses/served-addresses.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { ServedBlocks } from './served-blocks.ts'
import type { ServedTip } from './served-tip.ts'
import type { TransactionDriver } from './transaction-driver.ts'

/**
 * What peers are answered. A peer's own task asks for it, between two notifications of the loop: an answer
 * reads the node's state, and notes at once who has asked (`ConnectionRecord.askedForAddresses`,
 * `TransactionDriver.serve`), keeps an answer that is given for a day (`ServedAddresses`), looks how far
 * blocks are there (`ServedTip`), or waits for a block that is still being checked (`ServedBlocks`). It
 * changes nothing else.
 */
export function createPeerServices(components: {
  readonly chain: HeaderChain
  readonly table: ConnectionTable
  readonly transactions: Pick<TransactionDriver, 'serve' | 'mempool'>
  readonly addresses: ServedAddresses
  /** What the program answers itself. */
  readonly own: Pick<PeerServices, 'addresses'>
  readonly blocks: Pick<ServedBlocks, 'servicesOver'>
  readonly servedTip: Pick<ServedTip, 'find'>
  /** Whether NODE_BLOOM is offered, without which `mempool` ends a connection (BIP35, BIP111). */
  readonly offersBloom: boolean
}): PeerServices {
  const { chain, table, transactions, addresses, own, blocks, servedTip, offersBloom } = components
  return blocks.servicesOver({
    headers: async ({ locator, stopHash }, context) => {
      const top = await servedTip.find(context)
      const headers = chain.headersAfter(locator, stopHash)
      const [first] = headers
      // Without a locator one header is asked for by its hash, wherever it is.
      if (first === undefined || locator.length === 0) return headers
      const below = chain.heightOf(first.previousBlockHash)!
      return headers.slice(0, Math.max(0, top - below))
    },
    transaction: transactions.serve,
    ...(offersBloom && { mempool: transactions.mempool }),
    addresses: (context) => {
      const record = table.get(context.peer)
      if (record !== undefined) record.askedForAddresses = true
      return own.addresses === undefined ? addresses.answer(askedOver(record)) : own.addresses(context)
    },
  })
}

/** What tells apart who may be given different answers. */
function askedOver(record: ConnectionRecord | undefined): string {
  return `${record?.via ?? ''}/${record?.address?.network ?? ''}/${record?.localAddress ?? ''}`
}

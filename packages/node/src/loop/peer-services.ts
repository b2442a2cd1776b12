import { type BlockHeader, MAX_HEADERS_RESULTS } from '@sapwood/wire-codec'
import type { HeadersQuery, PeerServices } from '@sapwood/peer'
import type { ServedAddresses } from '../addresses/served-addresses.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import { inItsTurn } from './in-its-turn.ts'
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
    headers: async (query, context) => {
      const top = await servedTip.find(context)
      return inItsTurn(context, () => headersUpTo(top, query, chain))
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

/** None is made that is not told: above the blocks that are there may be hundreds of thousands. */
function headersUpTo(top: number, { locator, stopHash }: HeadersQuery, chain: HeaderChain): BlockHeader[] {
  const next = chain.headersAfter(locator, stopHash, 1)
  const [first] = next
  // Without a locator one header is asked for by its hash, wherever it is.
  if (first === undefined || locator.length === 0) return next
  const below = chain.heightOf(first.previousBlockHash)!
  return chain.headersAfter(locator, stopHash, Math.min(MAX_HEADERS_RESULTS, Math.max(0, top - below)))
}

/** What tells apart who may be given different answers. */
function askedOver(record: ConnectionRecord | undefined): string {
  return `${record?.via ?? ''}/${record?.address?.network ?? ''}/${record?.localAddress ?? ''}`
}

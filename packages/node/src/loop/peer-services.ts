import type { PeerServices } from '@sapwood/peer'
import type { ServedAddresses } from '../addresses/served-addresses.ts'
import type { HeaderChain } from '../chain/header-chain.ts'
import type { ConnectionRecord } from '../connections/connection-record.ts'
import type { ConnectionTable } from '../connections/connection-table.ts'
import type { ServedBlocks } from './served-blocks.ts'
import type { TransactionDriver } from './transaction-driver.ts'

/**
 * What peers are answered. A peer's own task asks for it, between two notifications of the loop: an answer
 * reads the node's state, and notes at once who has asked (`ConnectionRecord.askedForAddresses`,
 * `TransactionDriver.serve`), keeps an answer that is given for a day (`ServedAddresses`), or waits for a
 * block that is still being checked (`ServedBlocks`). It changes nothing else.
 */
export function createPeerServices(components: {
  readonly chain: HeaderChain
  readonly table: ConnectionTable
  readonly transactions: Pick<TransactionDriver, 'serve'>
  readonly addresses: ServedAddresses
  readonly blocks: Pick<ServedBlocks, 'servicesOver'>
}): PeerServices {
  const { chain, table, transactions, addresses, blocks } = components
  return blocks.servicesOver({
    headers: ({ locator, stopHash }) => chain.headersAfter(locator, stopHash),
    transaction: transactions.serve,
    addresses: ({ peer }) => {
      const record = table.get(peer)
      if (record !== undefined) record.askedForAddresses = true
      return addresses.answer(askedOver(record))
    },
  })
}

/** What tells apart who may be given different answers. */
function askedOver(record: ConnectionRecord | undefined): string {
  return `${record?.via ?? ''}/${record?.address?.network ?? ''}/${record?.localAddress ?? ''}`
}

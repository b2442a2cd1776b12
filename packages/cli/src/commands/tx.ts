import type { NodeHandle } from '@sapwood/node'
import { isPeerError } from '@sapwood/peer'
import {
  bytesEqual,
  encodeTransaction,
  type Transaction,
  type Txid,
  txidFromHex,
  txids,
} from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { borrowNode, headersOf } from '../fetching/borrow-node.ts'
import { type BlockName, findBlock, readBlockName } from '../fetching/find-block.ts'
import { give } from '../fetching/give.ts'
import { transactionLine, transactionText } from '../messages/transaction-view.ts'
import type { FetchOptions, RawOptions } from '../options/node-options.ts'
import { createReport } from '../terminal/report.ts'

/** What `sapwood tx` is told. */
export interface TxOptions extends FetchOptions, RawOptions {
  /** The block that it is in; without it peers are asked for what waits to be mined. */
  readonly block?: string
}

/** A transaction, out of a block, or as peers hold it until it is in one. */
export async function txCommand(
  text: string,
  options: TxOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw usageError(`a txid has 64 hexadecimal digits, not '${text}'`)
  const id = txidFromHex(text)
  const inBlock = options.block === undefined ? undefined : readBlockName(options.block)
  const report = createReport(surroundings.io, options)
  await borrowNode(options, surroundings, report, {}, async (node) => {
    const transaction =
      inBlock === undefined
        ? await fromPeers(node, id, options, surroundings)
        : await fromBlock(node, id, inBlock, options, surroundings)
    if (transaction === undefined) {
      throw new CommandError(
        inBlock === undefined
          ? 'no peer has it: it is unknown, or in a block already (say which by --block)'
          : 'that block does not have it',
      )
    }
    give(
      {
        bytes: () => encodeTransaction(transaction),
        line: () => transactionLine(transaction),
        text: () => transactionText(transaction),
      },
      options,
      surroundings.io,
      report,
    )
  })
  return EXIT.done
}

async function fromBlock(
  node: NodeHandle,
  id: Txid,
  name: BlockName,
  options: TxOptions,
  surroundings: Surroundings,
): Promise<Transaction | undefined> {
  await headersOf(node, options, surroundings)
  const { hash } = findBlock(node, name)
  const { block } = await node.getBlock(hash, { signal: surroundings.signal, timeout: options.timeout })
  const index = txids(block.transactions).findIndex((each) => bytesEqual(each, id))
  return block.transactions[index]
}

async function fromPeers(
  node: NodeHandle,
  id: Txid,
  { timeout }: TxOptions,
  { signal }: Surroundings,
): Promise<Transaction | undefined> {
  for (const { id: peer } of node.peers()) {
    try {
      const { transactions } = await node.network
        .peer(peer)
        .request({ type: 'getTransactions', ids: [{ kind: 'txid', hash: id }] }, { signal, timeout })
      if (transactions[0] !== undefined) return transactions[0]
    } catch (error) {
      if (!isPeerError(error) || signal.aborted) throw error
    }
  }
  return undefined
}

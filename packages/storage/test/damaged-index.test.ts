import { createMemoryStore, type KeyValueOperation, type KeyValueStore } from '@sapwood/node'
import { type OutPoint, txid } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { filterHeaderKey, outputKey, spendKey, transactionKey } from '../src/chain-index/index-entries.ts'
import type { IndexedChain } from '../src/chain-index/indexed-chain.ts'
import { entriesOf, openIndex } from './support/index-on.ts'
import { spendingBlocks } from './support/spending-blocks.ts'

const blocks = spendingBlocks(110)
const transactions = blocks.flatMap(({ block }) => block.transactions.slice(1))
const spender = transactions[0]!
const spent = spender.inputs[0]!.previousOutput
/** An output of the last transaction, which nobody has spent. */
const unspent: OutPoint = { txid: txid(transactions.at(-1)!), index: transactions.at(-1)!.outputs.length - 1 }

async function stored(): Promise<KeyValueStore> {
  const store = createMemoryStore()
  const indexed = await openIndex(store, blocks)
  for (const each of blocks) await indexed.connect(each.block, each)
  await indexed.flush()
  return store
}

/** Has the entries that begin so hold three bytes each. */
async function damage(store: KeyValueStore, prefix: string): Promise<void> {
  const operations: KeyValueOperation[] = []
  for await (const [key, value] of entriesOf(store).entries())
    if (key.startsWith(prefix)) operations.push({ type: 'put', key, value: value.slice(0, 3) })
  expect(operations).not.toEqual([])
  await entriesOf(store).batch(operations)
}

it.each<[string, string, (indexed: IndexedChain) => Promise<unknown>]>([
  ['output', outputKey(unspent), (indexed) => indexed.output(unspent)],
  ['spender', spendKey(spent), (indexed) => indexed.spender(spent)],
  ['transaction', transactionKey(txid(spender)), (indexed) => indexed.transaction(txid(spender))],
  ['filter header', filterHeaderKey(7), (indexed) => indexed.filterEntry(7)],
  ['filter header', filterHeaderKey(8), (indexed) => indexed.filterEntries([7, 8])],
  ['undo', 'r', (indexed) => indexed.rewind(109)],
])('an entry of %s that does not read back is a damaged store', async (detail, prefix, read) => {
  const store = await stored()
  await damage(store, prefix)
  const indexed = await openIndex(store, blocks)
  await expect(read(indexed)).rejects.toMatchObject({ name: 'NodeError', code: 'store-corrupt', detail })
})

it('so is a mark, and an output that a block spends', async () => {
  const store = await stored()
  const indexed = await openIndex(store, blocks)
  await indexed.rewind(108)
  await damage(store, 'u')
  const { block, ...at } = blocks[108]!
  await expect(indexed.connect(block, at)).rejects.toMatchObject({ code: 'store-corrupt', detail: 'output' })
  await damage(store, 'm')
  await expect(openIndex(store, blocks)).rejects.toMatchObject({ code: 'store-corrupt', detail: 'mark' })
})

import { expect, it } from 'vitest'
import { InventoryType, isBlockEntry, isTransactionEntry, WITNESS_FLAG } from './inventory-type.ts'

it('an entry names a transaction, a block, or neither, whether it asks for the witness or not', () => {
  const { ERROR, TX, BLOCK, FILTERED_BLOCK, COMPACT_BLOCK, WTX, WITNESS_TX, WITNESS_BLOCK } = InventoryType
  const { PACKAGE_TRANSACTIONS, UTREEXO_PROOF_HASH, UTREEXO_TX } = InventoryType
  const all = [ERROR, TX, BLOCK, FILTERED_BLOCK, COMPACT_BLOCK, WTX, WITNESS_TX, WITNESS_BLOCK]
  const others = [PACKAGE_TRANSACTIONS, UTREEXO_PROOF_HASH, UTREEXO_TX, 77, WITNESS_FLAG]
  expect([...all, ...others].filter(isTransactionEntry)).toEqual([TX, WTX, WITNESS_TX])
  expect([...all, ...others].filter(isBlockEntry)).toEqual([BLOCK, COMPACT_BLOCK, WITNESS_BLOCK])
})

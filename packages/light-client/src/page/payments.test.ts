import type { FilteredBlockItem } from '@sapwood/node'
import { type BlockHash, type Transaction, txid, regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { foldPayments, type Watch, watchOf } from './payments.ts'

const SCRIPT = '0014' + '07'.repeat(20)
const hashOf = (height: number): BlockHash => new Uint8Array(32).fill(height) as BlockHash

function transaction(inputs: Transaction['inputs'], script: string): Transaction {
  return {
    version: 2,
    inputs,
    outputs: [{ value: 5n, scriptPubKey: Buffer.from(script, 'hex') }],
    lockTime: 0,
  }
}

function blockAt(height: number, ...transactions: readonly Transaction[]): FilteredBlockItem {
  const block = { header: regtest.genesis, transactions }
  return { type: 'block', height, hash: hashOf(height), block, size: 1_000 }
}

const payment = transaction([], SCRIPT)
const spend = transaction(
  [
    {
      previousOutput: { txid: txid(payment), index: 0 },
      scriptSig: new Uint8Array(0),
      sequence: 0,
      witness: [],
    },
  ],
  '51',
)
const told = ({ payments }: Watch): readonly (readonly (number | undefined)[])[] =>
  payments.map(({ height, spentAt }) => [height, spentAt])

it('has each payment once, however often its block comes', () => {
  const items = [blockAt(3, payment), blockAt(5, spend)]
  const once = items.reduce(foldPayments, watchOf({ label: 'a', script: SCRIPT }))
  expect(told(once)).toEqual([[3, 5]])
  const again = foldPayments(once, { type: 'again', from: 4 })
  expect([told(again), again.position]).toEqual([[[3, undefined]], undefined])
  // After a reload in between the next visit begins at the first block.
  expect(items.reduce(foldPayments, again)).toEqual(once)
})

it('takes back what a reorg takes back: payments above the fork, and spends of those below it', () => {
  const watch = [blockAt(3, payment), blockAt(5, spend)].reduce(
    foldPayments,
    watchOf({ label: 'a', script: SCRIPT }),
  )
  const to = (height: number): FilteredBlockItem => ({
    type: 'reorg',
    change: {
      newTip: { height, hash: hashOf(height) },
      fork: { height, hash: hashOf(height) },
      disconnected: [],
    } as unknown as Extract<FilteredBlockItem, { type: 'reorg' }>['change'],
  })
  expect(told(foldPayments(watch, to(4)))).toEqual([[3, undefined]])
  expect(told(foldPayments(watch, to(2)))).toEqual([])
})

import { asTxid, decodeTransaction, encodeTransaction, type Transaction } from '@sapwood/wire-codec'
import { expect, it, vi } from 'vitest'
import { transactionFault } from './transaction-check.ts'

const COINS = 2_100_000_000_000_000n
const input = (index: number, byte = 1): Transaction['inputs'][number] => ({
  previousOutput: { txid: asTxid(new Uint8Array(32).fill(byte)), index },
  scriptSig: new Uint8Array(),
  sequence: 0,
  witness: [],
})
const output = (value: bigint): Transaction['outputs'][number] => ({
  value,
  scriptPubKey: new Uint8Array(22),
})
const transaction = (
  inputs: Transaction['inputs'] = [input(0)],
  outputs: Transaction['outputs'] = [output(1n)],
): Transaction => ({ version: 2, inputs, outputs, lockTime: 0 })
const inputs = (count: number): Transaction['inputs'] => Array.from({ length: count }, (_, n) => input(n))

it.each<[string | undefined, Transaction]>([
  [undefined, transaction()],
  ['no inputs', transaction([])],
  ['no outputs', transaction(undefined, [])],
  ['too small', transaction(undefined, [{ value: 1n, scriptPubKey: new Uint8Array(3) }])],
  ['pays more than there is', transaction(undefined, [output(COINS), output(1n)])],
  ['pays more than there is', transaction(undefined, [output(-1n)])],
  ['spends nothing', transaction([input(0xffffffff, 0)])],
  ['spends an output twice', transaction([input(7), input(7)])],
  [undefined, transaction(inputs(2_400))],
  ['heavier than what is relayed', transaction(inputs(2_450))],
  ['heavier than a block', transaction(inputs(24_500))],
])('says of a transaction: %s', (fault, subject) => {
  expect(transactionFault(subject)).toBe(fault)
})

it('decodes nothing of what is too heavy', () => {
  const heavy = decodeTransaction(encodeTransaction(transaction(inputs(24_500))))
  const made = vi.spyOn(Object.getPrototypeOf(heavy) as Transaction, 'inputs', 'get')
  expect(transactionFault(heavy)).toBe('heavier than a block')
  expect(made).not.toHaveBeenCalled()
  made.mockRestore()
})

import { describe, expect, it } from 'vitest'
import { concatBytes } from '../bytes/bytes-equal.ts'
import { asTxid } from '../hash/hashes.ts'
import { isCoinbase } from './is-coinbase.ts'
import { decodeTransaction } from './transaction-decoder.ts'
import { encodeTransaction } from './transaction-encoder.ts'
import type { Transaction } from './transaction.ts'

const spending = (txid: Uint8Array, index: number, inputs = 1, witness: Uint8Array[] = []): Transaction => ({
  version: 2,
  inputs: new Array(inputs).fill({
    previousOutput: { txid: asTxid(txid), index },
    scriptSig: Uint8Array.of(1, 2),
    sequence: 0,
    witness,
  }),
  outputs: [{ value: 1n, scriptPubKey: new Uint8Array(3) }],
  lockTime: 0,
})
const zeros = new Uint8Array(32)
const oneAt = (index: number): Uint8Array => Uint8Array.from(zeros, (_, i) => (i === index ? 1 : 0))
const witness = [new Uint8Array(32)]

describe('isCoinbase', () => {
  it.each([
    ['nothing', spending(zeros, 0xffff_ffff), true],
    ['nothing, with a witness', spending(zeros, 0xffff_ffff, 1, witness), true],
    ['the first output of a txid of zeros', spending(zeros, 0), false],
    ['an index that differs in its first byte', spending(zeros, 0xffff_fffe), false],
    ['an index that differs in its last byte', spending(zeros, 0xfeff_ffff), false],
    ['a txid that differs in its first byte', spending(oneAt(0), 0xffff_ffff), false],
    ['a txid that differs in its last byte', spending(oneAt(31), 0xffff_ffff, 1, witness), false],
    ['nothing twice', spending(zeros, 0xffff_ffff, 2), false],
    ['nothing 256 times', spending(zeros, 0xffff_ffff, 256), false],
  ] as const)('of a transaction that spends %s', (_, transaction, expected) => {
    expect(isCoinbase(transaction)).toBe(expected)
    const bytes = encodeTransaction(transaction)
    expect(isCoinbase(decodeTransaction(bytes))).toBe(expected)
    const within = concatBytes(Uint8Array.of(9), bytes).subarray(1)
    expect(isCoinbase(decodeTransaction(within))).toBe(expected)
  })

  it('of one without inputs', () => {
    expect(isCoinbase(spending(zeros, 0xffff_ffff, 0))).toBe(false)
  })
})

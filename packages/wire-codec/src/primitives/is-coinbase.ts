import { DecodedTransaction } from './transaction-decoder.ts'
import type { Transaction } from './transaction.ts'

const TXID_SIZE = 32
const NO_INDEX = 0xffff_ffff

/**
 * Whether a transaction has one input, which spends nothing: an all-zero txid and the highest index (Core,
 * `CTransaction::IsCoinBase`). Of one that was decoded the bytes are looked at, and no input is made.
 * @example
 * genesisBlock(mainnet).transactions.map(isCoinbase) // [ true ]
 */
export function isCoinbase(transaction: Transaction): boolean {
  if (transaction instanceof DecodedTransaction) {
    const { source, inputsStart } = transaction
    return source[inputsStart] === 1 && spendsNothing(source, inputsStart + 1)
  }
  const [input, second] = transaction.inputs
  if (input === undefined || second !== undefined) return false
  const { txid, index } = input.previousOutput
  return index === NO_INDEX && txid.every((byte) => byte === 0)
}

/** Whether the outpoint at `start` is the one that a coinbase has; told by the index in most cases. */
function spendsNothing(source: Uint8Array, start: number): boolean {
  const end = start + TXID_SIZE
  for (let i = 0; i < 4; i++) if (source[end + i] !== 0xff) return false
  for (let i = start; i < end; i++) if (source[i] !== 0) return false
  return true
}

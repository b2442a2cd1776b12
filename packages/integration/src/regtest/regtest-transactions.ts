import { createHash } from 'node:crypto'
import { type Transaction, type TransactionOutput, type Txid, txid } from '@sapwood/wire-codec'

const OP_DROP = 0x75
const OP_TRUE = 0x51
const OP_PUSHDATA1 = 0x4c
const OP_PUSHDATA2 = 0x4d
/** Largest push that a script may hold (`MAX_SCRIPT_ELEMENT_SIZE`). */
export const MAX_PUSH = 520

const FINAL_SEQUENCE = 0xffff_ffff
const NO_BYTES = new Uint8Array(0)

/** Witness script of the outputs that anybody can spend with a witness. */
const TRUE_SCRIPT = Uint8Array.of(OP_TRUE)

/** P2WSH over a script that is always true: whoever spends it shows a witness of that script. */
export const WITNESS_OUTPUT_SCRIPT: Uint8Array = Uint8Array.of(
  0x00,
  0x20,
  ...createHash('sha256').update(TRUE_SCRIPT).digest(),
)

/** An output that anybody can spend, and what it takes. */
export interface SpendableOutput {
  readonly txid: Txid
  readonly index: number
  readonly value: bigint
  readonly witness: boolean
}

/**
 * `<data> DROP TRUE`: anybody can spend it with an empty script; `data` (at most 520 bytes) is there for its
 * size.
 */
export function dropScript(data: Uint8Array): Uint8Array {
  const { length } = data
  const push =
    length < OP_PUSHDATA1
      ? [length]
      : length < 0x100
        ? [OP_PUSHDATA1, length]
        : [OP_PUSHDATA2, length & 0xff, length >> 8]
  return Uint8Array.of(...push, ...data, OP_DROP, OP_TRUE)
}

/** Spends one output to others, for no fee. */
export function spend(output: SpendableOutput, outputs: readonly TransactionOutput[]): Transaction {
  const previousOutput = { txid: output.txid, index: output.index }
  const witness = output.witness ? [TRUE_SCRIPT] : []
  return {
    version: 2,
    inputs: [{ previousOutput, scriptSig: NO_BYTES, sequence: FINAL_SEQUENCE, witness }],
    outputs,
    lockTime: 0,
  }
}

/** The output of `transaction` at `index`, to be spent later; its script has to be one of those above. */
export function outputOf(transaction: Transaction, index: number): SpendableOutput {
  const { value, scriptPubKey } = transaction.outputs[index]!
  return { txid: txid(transaction), index, value, witness: scriptPubKey[0] === 0x00 }
}

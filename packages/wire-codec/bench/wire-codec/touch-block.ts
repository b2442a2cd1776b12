import type { Block } from '@sapwood/wire-codec'

/** Adds up something of every field, so that nothing can be left unread. */
export function touch(block: Block): number {
  let sum = block.header.time
  for (const transaction of block.transactions) {
    sum += transaction.version + transaction.lockTime
    for (const { previousOutput, scriptSig, sequence, witness } of transaction.inputs) {
      sum += previousOutput.index + previousOutput.txid[0]! + scriptSig.length + sequence
      for (const item of witness) sum += item.length
    }
    for (const { value, scriptPubKey } of transaction.outputs) sum += Number(value) + scriptPubKey.length
  }
  return sum
}

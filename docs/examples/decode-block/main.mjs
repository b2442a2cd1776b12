// Reads a block from its bytes, and lists the ids of its transactions: `node main.mjs block.dat`, or without a
// file one that is made here.
import { readFileSync } from 'node:fs'
import { RegtestChain } from '@sapwood/integration'
import { blockHash, decodeBlock, encodeBlock, hashToHex, isDecodeError, txid } from '@sapwood/wire-codec'

const [file] = process.argv.slice(2)
const bytes = file
  ? readFileSync(file)
  : encodeBlock(new RegtestChain({ blocks: 3, transactions: 2 }).at(3).block)

const block = decodeBlock(bytes)
console.log('block', hashToHex(blockHash(block.header)))
for (const transaction of block.transactions) {
  const paid = transaction.outputs.reduce((sum, { value }) => sum + value, 0n)
  console.log(hashToHex(txid(transaction)), `${paid} satoshi in ${transaction.outputs.length} outputs`)
}

// What is decoded can be looked at: hashes as text, amounts in digits.
console.log(JSON.stringify(block.transactions[0]).slice(0, 200))

// Bytes from a stranger: a block, or a DecodeError with its place.
try {
  decodeBlock(bytes.subarray(0, 100))
} catch (error) {
  if (isDecodeError(error)) console.log(error.code, 'at', error.offset)
}

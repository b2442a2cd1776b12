import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  blockHash,
  blockMerkleRoot,
  blockSize,
  blockWeight,
  bytesEqual,
  checkWitnessCommitment,
  coinbaseHeight,
  decodeBlock,
  decodeHeader,
  encodeBlock,
  hashToHex,
  hexToBytes,
  txid,
  type Block,
  type Transaction,
} from '../src/index.ts'

const read = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(join(import.meta.dirname, 'vectors', name)))

const rebuilt = ({ header, transactions }: Block): Block => ({
  header,
  transactions: transactions.map(({ version, inputs, outputs, lockTime }: Transaction) => ({
    version,
    inputs,
    outputs,
    lockTime,
  })),
})

describe.each([
  {
    file: 'core-block413567.raw',
    hash: '0000000000000000025aff8be8a55df8f89c77296db6198f272d6577325d4069',
    height: 413_567,
    transactions: 1557,
    weight: 3_999_548,
    commitment: 'absent',
  },
  {
    file: 'block928816.raw',
    hash: '00000000000001c4b87edf974ddc601d88dda332265b9849a944a5ff0141a378',
    height: 928_816,
    transactions: 889,
    weight: 3_568_200,
    commitment: 'valid',
  },
])('$file', ({ file, hash, height, transactions, weight, commitment }) => {
  const bytes = read(file)
  const decoded = decodeBlock(bytes)

  it('decodes', () => {
    expect(hashToHex(blockHash(decoded.header))).toBe(hash)
    expect(decoded.transactions).toHaveLength(transactions)
    expect(coinbaseHeight(decoded)).toBe(height)
  })

  it.each([
    ['decoded', decoded],
    ['built from its fields', rebuilt(decoded)],
  ])('%s has the merkle root, the commitment, the weight and the bytes', (_, block) => {
    expect(blockMerkleRoot(block)).toEqual({ root: decoded.header.merkleRoot, mutated: false })
    expect(checkWitnessCommitment(block)).toBe(commitment)
    expect(blockWeight(block)).toBe(weight)
    expect(blockSize(block)).toBe(bytes.length)
    expect(bytesEqual(encodeBlock(block), bytes)).toBe(true)
    expect(encodeBlock(block, { witness: false })).toHaveLength(blockSize(block, false))
  })
})

it('regtest blocks follow one another', () => {
  const blocks = Buffer.from(read('regtest_blocks.txt')).toString('latin1').trim().split('\n').map(hexToBytes)
  expect(blocks.length).toBeGreaterThan(100)
  let previous: Uint8Array | undefined
  for (const bytes of blocks) {
    const block = decodeBlock(bytes)
    if (previous !== undefined) expect(block.header.previousBlockHash).toEqual(previous)
    expect(blockMerkleRoot(block).root).toEqual(block.header.merkleRoot)
    expect(bytesEqual(encodeBlock(rebuilt(block)), bytes)).toBe(true)
    previous = blockHash(block.header)
  }
})

it('2,016 headers of signet follow one another', () => {
  const file = read('signet-0-2015.bin')
  let previous: Uint8Array = new Uint8Array(32)
  for (let i = 0; i < 2016; i++) {
    const header = decodeHeader(file.subarray(80 * i, 80 * (i + 1)))
    expect(bytesEqual(header.previousBlockHash, previous)).toBe(true)
    previous = blockHash(header)
  }
})

it('a block that was decoded cannot fail later, whatever is read of it', () => {
  const block = decodeBlock(read('block928816.raw'))
  expect(block.transactions.map(txid)).toHaveLength(889)
  expect(block.transactions.reduce((sum, { outputs }) => sum + outputs.length, 0)).toBeGreaterThan(889)
})

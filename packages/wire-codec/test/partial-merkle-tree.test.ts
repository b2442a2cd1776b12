import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asTxid,
  type Block,
  buildMerkleBlock,
  decodeBlock,
  decodePayload,
  encodePayload,
  extractMerkleMatches,
  MAX_MERKLE_TREE_TRANSACTIONS,
  type MerkleBlock,
  merkleRoot,
  regtest,
  type Transaction,
  txid,
} from '../src/index.ts'

const block = decodeBlock(readFileSync(new URL('./vectors/core-block413567.raw', import.meta.url)))

/** A block of `count` transactions that differ by their lock time. */
function blockOf(count: number): Block {
  const transactions = Array.from(
    { length: count },
    (_, lockTime): Transaction => ({
      version: 1,
      inputs: [
        {
          previousOutput: { txid: asTxid(new Uint8Array(32)), index: 0 },
          scriptSig: new Uint8Array(0),
          sequence: 0,
          witness: [],
        },
      ],
      outputs: [],
      lockTime,
    }),
  )
  return { header: { ...regtest.genesis, merkleRoot: merkleRoot(transactions.map(txid)).root }, transactions }
}

const pick =
  (indexes: ReadonlySet<number>) =>
  ({ lockTime }: Transaction): boolean =>
    indexes.has(lockTime)

describe('a partial merkle tree', () => {
  it('proves transactions of a real block', () => {
    const indexes = [0, 1, 100, block.transactions.length - 1]
    const wanted = new Set(indexes.map((index) => block.transactions[index]))
    const merkleBlock = buildMerkleBlock(block, (transaction) => wanted.has(transaction))
    expect(merkleBlock.hashes.length).toBeLessThan(50)
    const sent = decodePayload('merkleblock', encodePayload({ type: 'merkleblock', merkleBlock }).payload)
    if (sent.type !== 'merkleblock') throw new Error(sent.type)
    expect(extractMerkleMatches(sent.merkleBlock)).toEqual(
      indexes.map((index) => ({ index, txid: txid(block.transactions[index]!) })),
    )
  })

  it('proves any choice from any number of transactions', () => {
    const choice = fc
      .integer({ min: 1, max: 130 })
      .chain((count) => fc.tuple(fc.constant(count), fc.uniqueArray(fc.nat(count - 1))))
    fc.assert(
      fc.property(choice, ([count, indexes]) => {
        const made = blockOf(count)
        const matches = extractMerkleMatches(buildMerkleBlock(made, pick(new Set(indexes))))
        expect(matches).toEqual(
          indexes.sort((a, b) => a - b).map((index) => ({ index, txid: txid(made.transactions[index]!) })),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('has nothing to show of a block without transactions', () => {
    expect(() => buildMerkleBlock(blockOf(0), () => true)).toThrow(
      new RangeError('A block without transactions has no merkle tree'),
    )
  })
})

describe('extractMerkleMatches', () => {
  const good = buildMerkleBlock(blockOf(7), pick(new Set([2, 6])))
  const change = (changes: Partial<MerkleBlock>): MerkleBlock => ({ ...good, ...changes })
  const changedHash = good.hashes.map((hash, i) => (i === 1 ? hash.map((byte) => byte ^ 1) : hash))

  it('takes the one that the others are made from', () => {
    expect(extractMerkleMatches(good)?.map(({ index }) => index)).toEqual([2, 6])
  })

  it.each([
    ['no transactions', change({ transactionCount: 0 })],
    ['more transactions than fit a block', change({ transactionCount: MAX_MERKLE_TREE_TRANSACTIONS + 1 })],
    ['another number of transactions', change({ transactionCount: 5 })],
    ['more hashes than transactions', change({ hashes: new Array<Uint8Array>(8).fill(new Uint8Array(32)) })],
    ['fewer flags than hashes', change({ flags: new Uint8Array(0) })],
    ['a hash too few', change({ hashes: good.hashes.slice(1) })],
    ['a hash too many', change({ hashes: [...good.hashes, new Uint8Array(32)] })],
    ['another hash', change({ hashes: changedHash })],
    ['no hashes', change({ hashes: [] })],
    ['a byte of flags too many', change({ flags: Uint8Array.of(...good.flags, 0) })],
    ['a byte of flags too few', change({ flags: good.flags.subarray(1) })],
    ['all flags set', change({ flags: good.flags.map(() => 0xff) })],
    ['no flags set', change({ flags: good.flags.map(() => 0) })],
    ['the header of another block', change({ header: regtest.genesis })],
  ])('refuses %s', (_, merkleBlock) => {
    expect(extractMerkleMatches(merkleBlock)).toBeUndefined()
  })

  it('takes a tree of as many transactions as fit a block, and of no more', () => {
    const root = good.header.merkleRoot
    const bare = (transactionCount: number) =>
      change({ transactionCount, hashes: [root], flags: Uint8Array.of(0) })
    expect(MAX_MERKLE_TREE_TRANSACTIONS).toBe(16_666)
    expect(extractMerkleMatches(bare(16_666))).toEqual([])
    expect(extractMerkleMatches(bare(1))).toEqual([])
    expect(extractMerkleMatches(bare(16_667))).toBeUndefined()
  })

  it('refuses a tree with two equal branches (CVE-2012-2459)', () => {
    // Three leaves have the root of four with the third twice; the proof of the fourth must not pass.
    const made = blockOf(3)
    const [a, b, c] = made.transactions.map(txid)
    const doubled: MerkleBlock = {
      header: made.header,
      transactionCount: 4,
      hashes: [merkleRoot([a!, b!]).root, c!, c!],
      flags: Uint8Array.of(0b1_1101),
    }
    expect(extractMerkleMatches(doubled)).toBeUndefined()
    const honest: MerkleBlock = {
      header: made.header,
      transactionCount: 3,
      hashes: [merkleRoot([a!, b!]).root, c!],
      flags: Uint8Array.of(0b1101),
    }
    expect(extractMerkleMatches(honest)).toEqual([{ index: 2, txid: c }])
  })

  it('ends whatever the flags say, and proves nothing by chance', () => {
    const hostile = fc.record({
      header: fc.constant(good.header),
      transactionCount: fc.oneof(fc.nat(20), fc.nat(0xffff_ffff)),
      hashes: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 20 }),
      flags: fc.uint8Array({ maxLength: 10 }),
    })
    fc.assert(fc.property(hostile, (merkleBlock) => extractMerkleMatches(merkleBlock) === undefined))
  })
})

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Block,
  blockMerkleRoot,
  type BlockReconstruction,
  buildCompactBlock,
  type CompactBlock,
  decodeBlock,
  decodePayload,
  encodeBlock,
  encodePayload,
  reconstructBlock,
  shortIdsFor,
  sipHash24,
  sha256,
  encodeHeader,
  type Transaction,
  wtxid,
} from '../src/index.ts'

const block = decodeBlock(readFileSync(new URL('./vectors/block928816.raw', import.meta.url)))
const [coinbase, ...others] = block.transactions

function start(compactBlock: CompactBlock): BlockReconstruction {
  const reconstruction = reconstructBlock(compactBlock)
  if (reconstruction === undefined) throw new Error('Not usable')
  return reconstruction
}

function sameBlock(a: Block, b: Block): boolean {
  return Buffer.compare(encodeBlock(a), encodeBlock(b)) === 0
}

describe('short ids', () => {
  it('are the lower 48 bits of SipHash-2-4 under the hash of header and nonce (BIP152)', () => {
    const nonce = 0x0123_4567_89ab_cdefn
    const seed = new Uint8Array(88)
    seed.set(encodeHeader(block.header))
    new DataView(seed.buffer).setBigUint64(80, nonce, true)
    const key = sha256(seed).subarray(0, 16)
    const shortIdOf = shortIdsFor(block.header, nonce)
    for (const transaction of others.slice(0, 50)) {
      const expected = sipHash24(key, wtxid(transaction)) & 0xffff_ffff_ffffn
      expect(BigInt(shortIdOf(wtxid(transaction)))).toBe(expected)
    }
  })
})

describe('a compact block', () => {
  it('holds the coinbase, and ids for the rest', () => {
    const compactBlock = buildCompactBlock(block, { nonce: 1n })
    expect(compactBlock.prefilled).toEqual([{ index: 0, transaction: coinbase }])
    expect(compactBlock.shortIds.length).toBe(others.length)
  })

  it('is put together again from transactions in any order, among others', () => {
    const strangers = decodeBlock(
      readFileSync(new URL('./vectors/core-block413567.raw', import.meta.url)),
    ).transactions
    const message = {
      type: 'cmpctblock',
      compactBlock: buildCompactBlock(block, { nonce: 2n, prefilled: [5, 99_999] }),
    } as const
    const sent = decodePayload('cmpctblock', encodePayload(message).payload)
    if (sent.type !== 'cmpctblock') throw new Error(sent.type)
    const reconstruction = start(sent.compactBlock)
    expect(reconstruction.missing().length).toBe(block.transactions.length - 2)
    reconstruction.offer([...strangers, ...[...others].reverse(), ...others])
    expect(reconstruction.missing()).toEqual([])
    const result = reconstruction.finish([])
    if (result.status !== 'complete') throw new Error(result.status)
    expect(sameBlock(result.block, block)).toBe(true)
  })

  it('names what is missing, whatever is known and whatever was sent whole', () => {
    const indexes = fc.uniqueArray(fc.nat(block.transactions.length - 1), { maxLength: 100 })
    fc.assert(
      fc.property(indexes, indexes, fc.bigInt(0n, (1n << 64n) - 1n), (prefilled, unknown, nonce) => {
        const absent = new Set(unknown.filter((index) => index !== 0 && !prefilled.includes(index)))
        const reconstruction = start(buildCompactBlock(block, { nonce, prefilled }))
        reconstruction.offer(block.transactions.filter((_, index) => !absent.has(index)))
        const missing = reconstruction.missing()
        expect(missing).toEqual([...absent].sort((a, b) => a - b))
        const result = reconstruction.finish(missing.map((index) => block.transactions[index]!))
        return result.status === 'complete' && sameBlock(result.block, block)
      }),
      { numRuns: 10 },
    )
  })

  it('tells a wrong number of transactions from wrong ones, and can be tried again', () => {
    const reconstruction = start(buildCompactBlock(block, { nonce: 3n }))
    reconstruction.offer(others.slice(2))
    expect(reconstruction.missing()).toEqual([1, 2])
    const [first, second] = others as [Transaction, Transaction]
    expect(reconstruction.finish([first])).toEqual({ status: 'wrong-count', expected: 2, received: 1 })
    expect(reconstruction.finish([first, second, second]).status).toBe('wrong-count')
    expect(reconstruction.finish([second, first])).toEqual({ status: 'mismatch' })
    expect(reconstruction.finish([first, first])).toEqual({ status: 'mismatch' })
    expect(reconstruction.missing()).toEqual([1, 2])
    expect(reconstruction.finish([first, second]).status).toBe('complete')
  })

  it('finds a block mutated in which transactions are doubled (CVE-2012-2459)', () => {
    const three = block.transactions.slice(0, 3)
    const header = { ...block.header, merkleRoot: blockMerkleRoot({ ...block, transactions: three }).root }
    const begin = (shortIds: number[]) =>
      start({ header, nonce: 0n, shortIds, prefilled: [{ index: 0, transaction: coinbase! }] })
    expect(begin([1, 2]).finish(three.slice(1))).toEqual({
      status: 'complete',
      block: { header, transactions: three },
    })
    const doubled = [...three, three[2]!]
    expect(blockMerkleRoot({ header, transactions: doubled })).toEqual({
      root: header.merkleRoot,
      mutated: true,
    })
    expect(begin([1, 2, 3]).finish(doubled.slice(1))).toEqual({ status: 'mismatch' })
  })

  it('is of no use where two of its short ids are the same', () => {
    expect(
      reconstructBlock({ header: block.header, nonce: 0n, shortIds: [7, 8, 7], prefilled: [] }),
    ).toBeUndefined()
  })

  it('takes neither of two transactions with one short id', () => {
    const [wanted] = others as [Transaction]
    const nonce = 9n
    const shortIds = [shortIdsFor(block.header, nonce)(wtxid(wanted))]
    const reconstruction = start({ header: block.header, nonce, shortIds, prefilled: [] })
    // No two transactions with the same 48 bits can be searched for in a test:
    // one that changes after it was taken stands in.
    const { version, inputs, outputs, lockTime } = wanted
    const twin = { version, inputs, outputs, lockTime }
    reconstruction.offer([twin, wanted])
    expect(reconstruction.missing()).toEqual([])
    twin.lockTime++
    reconstruction.offer([wanted])
    expect(reconstruction.missing()).toEqual([0])
    reconstruction.offer([wanted])
    expect(reconstruction.missing()).toEqual([0])
  })
})

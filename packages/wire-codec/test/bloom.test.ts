import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asTxid,
  BloomUpdate,
  bytesToHex,
  createBloomFilter,
  encodePayload,
  hexToBytes,
  openBloomFilter,
  type OutPoint,
  type Transaction,
  txid,
} from '../src/index.ts'
import vectors from './vectors/core-bloom.json' with { type: 'json' }

const element = (i: number): Uint8Array => Uint8Array.of(i, i >> 8, i >> 16, 0x55)
const filterLoad = (filter: ReturnType<typeof createBloomFilter>): string => {
  const { filter: bits, hashFunctions, tweak, flags } = filter
  return bytesToHex(encodePayload({ type: 'filterload', filter: bits, hashFunctions, tweak, flags }).payload)
}

describe('the filters of Core', () => {
  const [first, second] = vectors.cases

  it('has the bits of bloom_create_insert_serialize', () => {
    const filter = createBloomFilter({ elements: 3, falsePositiveRate: 0.01, flags: BloomUpdate.ALL })
    expect(filter.contains(hexToBytes(first!.contains![0]!))).toBe(false)
    for (const hex of first!.insert) filter.insert(hexToBytes(hex))
    for (const hex of first!.insert) expect(filter.contains(hexToBytes(hex))).toBe(true)
    expect(filter.contains(hexToBytes(first!.notContains![0]!))).toBe(false)
    expect(filterLoad(filter)).toBe(first!.filterload)
  })

  it('has the bits of bloom_create_insert_serialize_with_tweak', () => {
    // bitcoin/bitcoin src/test/bloom_tests.cpp
    const filter = createBloomFilter({ elements: 3, falsePositiveRate: 0.01, tweak: 2_147_483_649 })
    for (const hex of first!.insert) filter.insert(hexToBytes(hex))
    expect(filterLoad(filter)).toBe('03ce4299050000000100008001')
  })

  it('has the bits of bloom_create_insert_key', () => {
    const filter = createBloomFilter({ elements: 2, falsePositiveRate: 0.001 })
    // The uncompressed key of that test's private key, and its hash.
    filter.insert(
      hexToBytes(
        '045b81f0017e2091e2edcd5eecf10d5bdd120a5514cb3ee65b8447ec18bfc4575c6d5bf415e54e03b1067934a0f0ba76b01c6b9ab227142ee1d543764b69d901e0',
      ),
    )
    filter.insert(hexToBytes('477abbacd4113f2e6b100526222eedd953c26a64'))
    expect(filterLoad(filter)).toBe(second!.filterload)
  })
})

describe('createBloomFilter', () => {
  it('keeps within the limits of BIP37', () => {
    const filter = createBloomFilter({ elements: 10_000_000, falsePositiveRate: 0.000_001 })
    expect(filter.filter.length).toBe(36_000)
    expect(createBloomFilter({ elements: 1, falsePositiveRate: Number.MIN_VALUE }).hashFunctions).toBe(50)
  })

  it.each([
    [0, 0.1],
    [0.5, 0.1],
    [1, -0.1],
    [1, 1.5],
    [Number.NaN, 0.1],
    [1, 0],
    [1, 1],
    [1, Number.NaN],
  ])('refuses %d elements at the rate %d', (elements, falsePositiveRate) => {
    expect(() => createBloomFilter({ elements, falsePositiveRate })).toThrow(
      new RangeError('A bloom filter is for one element or more and a rate between 0 and 1'),
    )
  })

  it('asks for a tweak of 0 and every update unless told otherwise', () => {
    expect(createBloomFilter({ elements: 1, falsePositiveRate: 0.1 })).toMatchObject({
      tweak: 0,
      flags: BloomUpdate.ALL,
    })
  })

  it('says yes to all it holds, and to about as many others as asked for', () => {
    const filter = createBloomFilter({ elements: 1000, falsePositiveRate: 0.01, tweak: 5 })
    for (let i = 0; i < 1000; i++) filter.insert(element(i))
    for (let i = 0; i < 1000; i++) if (!filter.contains(element(i))) throw new Error(`Lost ${i}`)
    let wrong = 0
    for (let i = 1000; i < 11_000; i++) if (filter.contains(element(i))) wrong++
    expect(wrong).toBeGreaterThan(50)
    expect(wrong).toBeLessThan(200)
  })
})

describe('a loaded filter', () => {
  it('without bits matches all and takes nothing', () => {
    const filter = openBloomFilter({ filter: new Uint8Array(0), hashFunctions: 5, tweak: 0, flags: 0 })
    filter.insert(element(1))
    expect(filter.contains(element(2))).toBe(true)
    expect(filter.matchAndUpdate(transaction())).toBe(true)
  })

  it('without hash functions matches all', () => {
    const filter = openBloomFilter({ filter: new Uint8Array(1), hashFunctions: 0, tweak: 0, flags: 0 })
    expect(filter.contains(element(2))).toBe(true)
  })

  it('never fails, whatever it is asked', () => {
    const fields = fc.record({
      filter: fc.uint8Array({ maxLength: 40 }),
      hashFunctions: fc.nat(50),
      tweak: fc.nat(0xffff_ffff),
      flags: fc.nat(255),
    })
    fc.assert(
      fc.property(fields, fc.uint8Array(), (loaded, item) => {
        const filter = openBloomFilter(loaded)
        filter.insert(item)
        return filter.contains(item)
      }),
    )
  })
})

const previous: OutPoint = { txid: asTxid(new Uint8Array(32).fill(9)), index: 3 }
const KEY = hexToBytes(`02${'11'.repeat(32)}`)
const KEY_HASH = hexToBytes('33'.repeat(20))
const PAY_TO_KEY = hexToBytes(`21${bytesToHex(KEY)}ac`)
const PAY_TO_KEY_HASH = hexToBytes(`76a914${bytesToHex(KEY_HASH)}88ac`)

function transaction({ scriptSig = hexToBytes('02abcd') } = {}): Transaction {
  return {
    version: 1,
    inputs: [{ previousOutput: previous, scriptSig, sequence: 0, witness: [] }],
    outputs: [
      { value: 1n, scriptPubKey: hexToBytes('6a') },
      { value: 2n, scriptPubKey: PAY_TO_KEY_HASH },
      { value: 3n, scriptPubKey: PAY_TO_KEY },
    ],
    lockTime: 0,
  }
}

describe('matchAndUpdate', () => {
  const open = (flags: number) =>
    createBloomFilter({ elements: 10, falsePositiveRate: 0.000_001, tweak: 17, flags })
  const outPoint = (index: number): OutPoint => ({ txid: txid(transaction()), index })

  it('matches nothing that is not in the filter', () => {
    const filter = open(BloomUpdate.ALL)
    expect(filter.matchAndUpdate(transaction())).toBe(false)
    filter.insert(hexToBytes('abce'))
    expect(filter.matchAndUpdate(transaction())).toBe(false)
  })

  it('matches the id of a transaction', () => {
    const filter = open(BloomUpdate.ALL)
    filter.insert(txid(transaction()))
    expect(filter.matchAndUpdate(transaction())).toBe(true)
  })

  it('matches what an input spends', () => {
    const filter = open(BloomUpdate.ALL)
    filter.insertOutPoint(previous)
    expect(filter.containsOutPoint(previous)).toBe(true)
    expect(filter.containsOutPoint({ ...previous, index: 4 })).toBe(false)
    expect(filter.matchAndUpdate(transaction())).toBe(true)
  })

  it('matches one input of several, and no push of nothing', () => {
    const filter = open(BloomUpdate.ALL)
    filter.insert(new Uint8Array(0))
    expect(filter.matchAndUpdate(transaction({ scriptSig: hexToBytes('00') }))).toBe(false)
    filter.insertOutPoint(previous)
    const { inputs, ...rest } = transaction()
    const other = { ...inputs[0]!, previousOutput: { ...previous, index: 4 } }
    expect(filter.matchAndUpdate({ ...rest, inputs: [other, ...inputs, other] })).toBe(true)
    expect(filter.matchAndUpdate({ ...rest, inputs: [other, other] })).toBe(false)
  })

  it('matches what an input pushes', () => {
    const filter = open(BloomUpdate.ALL)
    filter.insert(hexToBytes('abcd'))
    expect(filter.matchAndUpdate(transaction())).toBe(true)
    expect(filter.matchAndUpdate(transaction({ scriptSig: hexToBytes('03abcdef') }))).toBe(false)
    expect(filter.matchAndUpdate(transaction({ scriptSig: hexToBytes('00') }))).toBe(false)
  })

  it.each([
    ['ALL', KEY_HASH, 1, true],
    ['ALL', KEY, 2, true],
    ['NONE', KEY_HASH, 1, false],
    ['NONE', KEY, 2, false],
    ['PUBKEY_ONLY', KEY_HASH, 1, false],
    ['PUBKEY_ONLY', KEY, 2, true],
  ] as const)('matches an output, and with %s adds it or not', (update, pushed, index, added) => {
    const filter = open(BloomUpdate[update])
    filter.insert(pushed)
    expect(filter.containsOutPoint(outPoint(index))).toBe(false)
    expect(filter.matchAndUpdate(transaction())).toBe(true)
    expect(filter.containsOutPoint(outPoint(index))).toBe(added)
    expect(filter.containsOutPoint(outPoint(0))).toBe(false)
  })

  it.each([
    [3, KEY, 2, false],
    [6, KEY, 2, true],
    [6, KEY_HASH, 1, false],
    [4, KEY, 2, false],
  ])('with the flags %i', (flags, pushed, index, added) => {
    const filter = open(flags)
    filter.insert(pushed)
    expect(filter.matchAndUpdate(transaction())).toBe(true)
    expect(filter.containsOutPoint(outPoint(index))).toBe(added)
  })

  it('looks at the lowest two bits of the flags only', () => {
    const filter = open(0xfd)
    filter.insert(KEY_HASH)
    expect(filter.matchAndUpdate(transaction())).toBe(true)
    expect(filter.containsOutPoint(outPoint(1))).toBe(true)
  })
})

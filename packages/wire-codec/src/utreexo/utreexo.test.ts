import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { concatBytes } from '../bytes/bytes-equal.ts'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { asBlockHash, asTxid } from '../hash/hashes.ts'
import { baseRegistry } from '../messages/base-registry.ts'
import { decodePayload, decodePayloadWithTrailing, encodePayload } from '../messages/payload.ts'
import { decodeTransaction } from '../primitives/transaction-decoder.ts'
import { encodeTransaction } from '../primitives/transaction-encoder.ts'
import { txid, wtxid } from '../primitives/transaction-id.ts'
import type { OutPoint, Transaction, TransactionInput } from '../primitives/transaction.ts'
import { bitmapHas, bitmapIndexes, bitmapOf } from './bitmap.ts'
import { type LeafData, readLeafData, skipLeafData, writeLeafData } from './leaf-data.ts'
import {
  MAX_UTREEXO_PROOF_SIZE,
  packedProofHashes,
  readUtreexoProof,
  readUtreexoProofRequest,
  withPackedHashes,
  writeUtreexoProof,
  writeUtreexoProofRequest,
} from './utreexo-proof.ts'
import { readUtreexoRoots } from './utreexo-roots.ts'
import { readUtreexoTransaction } from './utreexo-transaction.ts'
import { readUtreexoTtls, readUtreexoTtlsRequest } from './utreexo-ttls.ts'

const blockHash = asBlockHash(new Uint8Array(32).fill(0xab))
const fields = ({ height, coinbase, amount, script }: LeafData): LeafData => ({
  height,
  coinbase,
  amount,
  script,
})
const encoded = (write: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter()
  write(writer)
  return writer.finish()
}

describe('bitmaps', () => {
  it('set bits from the lowest of the first byte', () => {
    expect(bytesToHex(bitmapOf([0]))).toBe('01')
    expect(bytesToHex(bitmapOf([7, 8, 17]))).toBe('800102')
    expect(bytesToHex(bitmapOf([]))).toBe('')
  })

  it('mean no entry where they are empty', () => {
    expect([...bitmapIndexes(new Uint8Array(0), 3)]).toEqual([])
    expect(bitmapHas(new Uint8Array(0), 0)).toBe(false)
  })

  it('mean nothing beyond their end', () => {
    expect(bitmapHas(Uint8Array.of(0xff), 7)).toBe(true)
    expect(bitmapHas(Uint8Array.of(0xff), 8)).toBe(false)
  })

  it('give their indexes back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5000), { minLength: 1 }), (indexes) => {
        const sorted = [...indexes].sort((a, b) => a - b)
        expect([...bitmapIndexes(bitmapOf(indexes), 5001)]).toEqual(sorted)
      }),
    )
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('have no index %d', (index) => {
    expect(() => bitmapOf([index])).toThrow(RangeError)
  })
})

describe('leaf data', () => {
  it.each([
    ['0300000000f2052a010000000101', 1, true, 5_000_000_000n, 'p2pkh'],
    ['00000000010000000000000002', 0, false, 1n, 'p2wpkh'],
    ['feffffff000000000000000003', 0x7fff_ffff, false, 0n, 'p2sh'],
    ['ffffffffffffffffffffffff04', 0x7fff_ffff, true, 0xffff_ffff_ffff_ffffn, 'p2wsh'],
  ] as const)('is read from %s', (hex, height, coinbase, amount, type) => {
    const bytes = hexToBytes(hex)
    const reader = new ByteReader(bytes)
    const leaf = readLeafData(reader)
    expect(reader.offset).toBe(13)
    expect(fields(leaf)).toEqual({ height, coinbase, amount, script: { type } })
    expect(encoded((writer) => writeLeafData(writer, leaf))).toEqual(bytes.subarray(0, 13))
  })

  it('carries a script that the spending input does not tell', () => {
    const bytes = hexToBytes('0000000001000000000000000002' + '6a51')
    const leaf = readLeafData(new ByteReader(bytes))
    expect(leaf.script).toEqual({ type: 'other', scriptPubKey: hexToBytes('6a51') })
    expect(encoded((writer) => writeLeafData(writer, leaf))).toEqual(bytes)
  })

  it.each([
    ['a type that there is not', '00000000010000000000000005', 'out-of-range', 12, 5, 4],
    ['a script of 10,001 bytes', '00000000010000000000000000fd1127', 'too-long', 13, 10_001, 10_000],
    ['a script that is not there', '000000000100000000000000000351', 'truncated', 14, 3, 1],
    ['half a leaf', '0000000001', 'truncated', 0, 12, 5],
    ['no type', '000000000100000000000000', 'truncated', 12, 1, 0],
  ])('refuses %s', (_, hex, code, offset, value, limit) => {
    expect(() => {
      skipLeafData(new ByteReader(hexToBytes(hex)))
    }).toThrow(expect.objectContaining({ code, offset, value, limit, severity: 'drop' }))
  })

  it.each([
    ['every type but the first', '00000000010000000000000004', 0],
    ['a script of 10,000 bytes', '00000000010000000000000000fd1027', 10_000],
    ['a script without bytes', '0000000001000000000000000000', 0],
  ])('passes over %s', (_, hex, script) => {
    const leaf = concatBytes(hexToBytes(hex), new Uint8Array(script))
    const reader = new ByteReader(concatBytes(leaf, new Uint8Array(9)))
    skipLeafData(reader)
    expect(reader.offset).toBe(leaf.length)
  })

  it.each([-1, 2 ** 31, 1.5])('has no height %d', (height) => {
    const leaf: LeafData = { height, coinbase: false, amount: 0n, script: { type: 'p2sh' } }
    expect(() => writeLeafData(new ByteWriter(), leaf)).toThrow(new RangeError(`Not a height: ${height}`))
  })
})

describe('getuproof', () => {
  it.each([
    [0, false, false, false],
    [1, true, false, false],
    [2, false, true, false],
    [4, false, false, true],
    [7, true, true, true],
  ])('has the mask %i', (mask, withTargets, withProofHashes, withLeafData) => {
    const request = {
      blockHash,
      withTargets,
      withProofHashes,
      withLeafData,
      proofBitmap: Uint8Array.of(5),
      leafBitmap: new Uint8Array(0),
    }
    const bytes = encoded((writer) => writeUtreexoProofRequest(writer, request))
    expect(bytesToHex(bytes)).toBe(`${'ab'.repeat(32)}0${mask}010500`)
    expect(readUtreexoProofRequest(new ByteReader(bytes))).toEqual(request)
  })

  it.each([
    ['proof', `fec2b00100`, 33, 110_785],
    ['leaf', `00fdea0b`, 34, 3049],
  ])('refuses a bitmap of one byte too many for the %s', (_, sizes, offset, limit) => {
    const bytes = new Uint8Array(300_000)
    bytes.set(hexToBytes(sizes), 33)
    expect(() => readUtreexoProofRequest(new ByteReader(bytes))).toThrow(
      expect.objectContaining({ code: 'too-long', offset, limit, value: limit + 1, severity: 'drop' }),
    )
  })

  it('takes the largest bitmaps', () => {
    const bytes = new Uint8Array(300_000)
    bytes.set(hexToBytes('fec1b00100'), 33)
    bytes.set(hexToBytes('fde90b'), 38 + 110_785)
    const request = readUtreexoProofRequest(new ByteReader(bytes))
    expect(request.proofBitmap).toHaveLength(110_785)
    expect(request.leafBitmap).toHaveLength(3049)
  })

  it('ignores the other bits of the mask', () => {
    const request = readUtreexoProofRequest(new ByteReader(hexToBytes(`${'ab'.repeat(32)}f80000`)))
    expect(request).toMatchObject({ withTargets: false, withProofHashes: false, withLeafData: false })
  })
})

describe('getuttls', () => {
  it.each([
    ['a start above the version', '010000000200000000', 4, 2, 1],
    ['an exponent of 6', '020000000200000006', 8, 6, 5],
  ])('refuses %s', (_, hex, offset, value, limit) => {
    expect(() => readUtreexoTtlsRequest(new ByteReader(hexToBytes(hex)))).toThrow(
      expect.objectContaining({ code: 'out-of-range', offset, value, limit, severity: 'drop' }),
    )
  })

  it.each([
    { version: 1, startHeight: 2, exponent: 0 },
    { version: 2, startHeight: 2, exponent: 6 },
  ])('is not written with %j', (request) => {
    expect(() => encodePayload({ type: 'getuttls', request })).toThrow(RangeError)
  })
})

describe('uttls', () => {
  it.each([
    ['blocks', '21', 'too-many', 0, 33, 32],
    ['blocks that are not there', `02${'00'.repeat(9)}`, 'truncated', 1, 10, 9],
    ['outputs', '0100000000fe91860100', 'too-many', 5, 99_985, 99_984],
    ['outputs that are not there', '010000000001', 'truncated', 6, 8, 0],
    ['hashes', '00fd0001', 'too-many', 1, 256, 255],
  ])('refuses %s beyond the limit', (_, hex, code, offset, value, limit) => {
    expect(() => readUtreexoTtls(new ByteReader(hexToBytes(hex)))).toThrow(
      expect.objectContaining({ code, offset, value, limit, severity: 'drop' }),
    )
  })

  it('is not written with more than fits, or with lists that do not fit each other', () => {
    const block = { height: 1, deathHeights: new Uint32Array(1), deathIndexes: new Uint32Array(1) }
    const longer = { height: 1, deathHeights: new Uint32Array(2), deathIndexes: new Uint32Array(1) }
    const most = { height: 1, deathHeights: new Uint32Array(99_985), deathIndexes: new Uint32Array(99_985) }
    for (const blocks of [new Array(33).fill(block), [longer], [most]])
      expect(() => encodePayload({ type: 'uttls', ttls: { blocks, proofHashes: [] } })).toThrow(RangeError)
  })
})

describe('uroot', () => {
  it.each([
    ['roots', '40', 'too-many', 34, 64, 63],
    ['roots that are not there', '02', 'truncated', 35, 64, 0],
    ['hashes', '00fd0001', 'too-many', 35, 256, 255],
  ])('refuses %s beyond the limit', (_, hex, code, offset, value, limit) => {
    const bytes = hexToBytes(`0101${'ab'.repeat(32)}${hex}`)
    expect(() => readUtreexoRoots(new ByteReader(bytes))).toThrow(
      expect.objectContaining({ code, offset, value, limit, severity: 'drop' }),
    )
  })

  it('is not written with more than fits', () => {
    const state = { blockHash, leaves: 1n, target: 1n, roots: [], proofHashes: [] }
    const hashes = new Array<Uint8Array>(256).fill(new Uint8Array(32))
    expect(() => encodePayload({ type: 'uroot', state: { ...state, roots: hashes.slice(0, 64) } })).toThrow(
      RangeError,
    )
    expect(() => encodePayload({ type: 'uroot', state: { ...state, proofHashes: hashes } })).toThrow(
      RangeError,
    )
  })
})

describe('utreexotx', () => {
  const previousOutput = (index: number): OutPoint => ({ txid: asTxid(new Uint8Array(32).fill(7)), index })
  const input = (index: number): TransactionInput => ({
    previousOutput: previousOutput(index),
    scriptSig: Uint8Array.of(1, 2),
    sequence: 5,
    witness: [Uint8Array.of(9)],
  })
  const transaction: Transaction = {
    version: 2,
    inputs: [input(3), input(0), input(0x7fff_ffff)],
    outputs: [{ value: 5n, scriptPubKey: Uint8Array.of(0x51) }],
    lockTime: 0,
  }
  const leaf: LeafData = { height: 5, coinbase: true, amount: 7n, script: { type: 'p2wsh' } }
  const proved = {
    transaction,
    targets: BigUint64Array.of(1n, 0xffff_ffff_ffff_ffffn),
    proofHashes: [new Uint8Array(32).fill(1)],
    leafData: [leaf, undefined, leaf],
  }
  const payload = (): Uint8Array => encodePayload({ type: 'utreexotx', proved }).payload

  it('marks what is not confirmed, and sends no leaf for it', () => {
    const read = readUtreexoTransaction(new ByteReader(payload()))
    expect(read.transaction.inputs).toEqual(transaction.inputs)
    expect(read.leafData.map((each) => each && fields(each))).toEqual(proved.leafData)
    expect([read.targets, read.proofHashes]).toEqual([proved.targets, proved.proofHashes])
    const onTheWire = decodeTransaction(payload().subarray(1 + 1 + 9 + 1 + 32))
    expect(onTheWire.inputs.map(({ previousOutput: { index } }) => index)).toEqual([6, 1, 0xffff_fffe])
  })

  it('has the id of the transaction with its own indexes', () => {
    const read = readUtreexoTransaction(new ByteReader(payload())).transaction
    expect(bytesToHex(txid(read))).toBe(bytesToHex(txid(transaction)))
    expect(bytesToHex(wtxid(read))).toBe(bytesToHex(wtxid(transaction)))
  })

  it('does not change the bytes that it is read from', () => {
    const bytes = payload()
    readUtreexoTransaction(new ByteReader(bytes))
    expect(bytes).toEqual(payload())
  })

  it('has no index that cannot be doubled, and no fewer leaves than inputs', () => {
    const inputs = [input(0x8000_0000)]
    for (const each of [
      { ...proved, transaction: { ...transaction, inputs }, leafData: [leaf] },
      { ...proved, leafData: [leaf] },
    ])
      expect(() => encodePayload({ type: 'utreexotx', proved: each })).toThrow(RangeError)
  })

  it.each([
    ['targets', 'fd435f', 'too-many'],
    ['hashes', '00fe07860d00', 'too-many'],
    ['a leaf that is not there', `0000${bytesToHex(encodeTransaction(transaction))}`, 'truncated'],
  ])('refuses %s beyond the limit', (_, hex, code) => {
    expect(() => readUtreexoTransaction(new ByteReader(hexToBytes(hex)))).toThrow(
      expect.objectContaining({ code, severity: 'drop' }),
    )
  })
})

describe('uproof', () => {
  it('may be as large as a packet of BIP324 can carry', () => {
    expect(MAX_UTREEXO_PROOF_SIZE).toBe(2 ** 24 - 1 - 13)
    const hashes = new Uint8Array(32 + 5 + 32 * 524_285)
    hashes.set(hexToBytes('fefdff0700'), 32)
    const bytes = new Uint8Array(MAX_UTREEXO_PROOF_SIZE)
    bytes.set(hashes)
    const { message } = decodePayloadWithTrailing('uproof', bytes, baseRegistry)
    expect(message).toMatchObject({ proof: { proofHashes: { length: 524_285 } } })
    expect(() => decodePayload('uproof', new Uint8Array(MAX_UTREEXO_PROOF_SIZE + 1))).toThrow(
      expect.objectContaining({ code: 'payload-too-large' }),
    )
  })

  it('is read and written', () => {
    const proof = {
      blockHash,
      proofHashes: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
      targets: BigUint64Array.of(0n, 252n, 253n, 0xffff_ffff_ffff_ffffn),
      leafData: [{ height: 5, coinbase: true, amount: 7n, script: { type: 'p2wsh' as const } }],
    }
    const bytes = encoded((writer) => writeUtreexoProof(writer, proof))
    expect(bytesToHex(bytes)).toBe(
      `${'ab'.repeat(32)}02${'01'.repeat(32)}${'02'.repeat(32)}0400fcfdfd00ffffffffffffffffff010b000000070000000000000004`,
    )
    const read = readUtreexoProof(new ByteReader(bytes))
    expect({ ...read, leafData: read.leafData.map(fields) }).toEqual(proof)
  })

  it('has its hashes one behind the other where it was read, and not where it was changed', () => {
    const hashes = new Uint8Array(64).fill(1, 32)
    const rest = { blockHash, targets: BigUint64Array.of(3n), leafData: [] }
    const proof = withPackedHashes(hashes, rest)
    expect(proof.proofHashes).toEqual([new Uint8Array(32), new Uint8Array(32).fill(1)])
    const bytes = encoded((writer) => writeUtreexoProof(writer, proof))
    expect(bytes).toEqual(encoded((writer) => writeUtreexoProof(writer, { ...proof })))
    expect(packedProofHashes(readUtreexoProof(new ByteReader(bytes)))).toEqual(hashes)
    expect(packedProofHashes({ ...proof, proofHashes: [] })).toBeUndefined()
    expect(() => withPackedHashes(hashes.subarray(1), { ...rest })).toThrow(RangeError)
  })

  it.each([
    ['hashes', 'fe07860d00', 'too-many', 32, 886_279, 886_278],
    ['hashes that are not there', '02', 'truncated', 33, 64, 0],
    ['targets', '00fd435f', 'too-many', 33, 24_387, 24_386],
    ['targets that are not there', '00030102', 'truncated', 34, 3, 2],
    ['leaves', '0000fd435f', 'too-many', 34, 24_387, 24_386],
    ['leaves that are not there', `000002${'00'.repeat(25)}`, 'truncated', 35, 26, 25],
    ['a target written too long', '0001fdfc00', 'non-minimal-size', 34, 0xfc, undefined],
  ])('refuses %s beyond the limit', (_, hex, code, offset, value, limit) => {
    const bytes = hexToBytes('ab'.repeat(32) + hex)
    expect(() => readUtreexoProof(new ByteReader(bytes))).toThrow(
      expect.objectContaining({ code, offset, value, limit, severity: 'drop' }),
    )
  })

  it('takes as many targets and leaves as a block can need', () => {
    const count = hexToBytes('fd425f')
    const bytes = concatBytes(
      new Uint8Array(32),
      Uint8Array.of(0),
      count,
      new Uint8Array(24_386).fill(5),
      count,
      ...new Array<Uint8Array>(24_386).fill(hexToBytes('03000000070000000000000004')),
    )
    const reader = new ByteReader(bytes)
    const proof = readUtreexoProof(reader)
    expect(reader.remaining).toBe(0)
    expect(proof.targets).toHaveLength(24_386)
    expect(proof.targets.every((target) => target === 5n)).toBe(true)
    expect(proof.targets).toBe(proof.targets)
    expect(proof.leafData).toHaveLength(24_386)
    expect(fields(proof.leafData[24_385]!)).toEqual({
      height: 1,
      coinbase: true,
      amount: 7n,
      script: { type: 'p2wsh' },
    })
  })
})

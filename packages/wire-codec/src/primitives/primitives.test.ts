import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256d } from '../crypto/backend-in-force.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { bytesEqual, concatBytes } from '../bytes/bytes-equal.ts'
import { bytesToHex, hexToBytes } from '../bytes/hex.ts'
import { DecodeError } from '../errors/decode-error.ts'
import { hashToHex } from '../bytes/hash-text.ts'
import { asTxid, type Hash256 } from '../hash/hashes.ts'
import {
  blockBytes,
  blockSize,
  blockWeight,
  decodeBlock,
  encodeBlock,
  MAX_BLOCK_TRANSACTIONS,
  type Block,
} from './block.ts'
import { coinbaseHeight } from './coinbase-height.ts'
import { blockHash, decodeHeader, encodeHeader, readHeader } from './header.ts'
import { blockMerkleRoot, merkleRoot } from './merkle-root.ts'
import { decodeTransaction, readTransaction } from './transaction-decoder.ts'
import {
  encodeTransaction,
  hasWitness,
  transactionSize,
  transactionVirtualSize,
  transactionWeight,
} from './transaction-encoder.ts'
import { txid, wtxid } from './transaction-id.ts'
import type { Transaction } from './transaction.ts'
import { checkWitnessCommitment, witnessCommitment } from './witness-commitment.ts'

/** The genesis block of main. */
const genesisHeader =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c'
const genesisHash = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'

/** The native P2WPKH example of BIP143, signed: two inputs, one with a witness. */
const bip143 =
  '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000'

const plain = (tx: Transaction): Transaction => ({
  version: tx.version,
  inputs: tx.inputs,
  outputs: tx.outputs,
  lockTime: tx.lockTime,
})

describe('headers', () => {
  it('are 80 bytes, and hash to the name of the block', () => {
    const header = decodeHeader(hexToBytes(genesisHeader))
    expect(header).toMatchObject({ version: 1, time: 1_231_006_505, bits: 0x1d00_ffff, nonce: 2_083_236_893 })
    expect(bytesToHex(encodeHeader(header))).toBe(genesisHeader)
    expect(hashToHex(blockHash(header))).toBe(genesisHash)
  })

  it('have each field in its place, to its last bit', () => {
    const bytes = Uint8Array.from({ length: 80 }, (_, i) => i + 0x90)
    const header = decodeHeader(bytes)
    expect(header).toEqual({
      version: 0x9392_9190 | 0,
      previousBlockHash: bytes.slice(4, 36),
      merkleRoot: bytes.slice(36, 68),
      time: 0xd7d6_d5d4,
      bits: 0xdbda_d9d8,
      nonce: 0xdfde_dddc,
    })
    const encoded = encodeHeader(header)
    expect(encoded).toEqual(bytes)
    expect(encoded.buffer.byteLength).toBe(80)
    const reader = new ByteReader(concatBytes(bytes, Uint8Array.of(1)))
    readHeader(reader)
    expect(reader.offset).toBe(80)
  })

  it('have views into their bytes, wherever those lie', () => {
    const buffer = concatBytes(new Uint8Array(5), hexToBytes(genesisHeader), new Uint8Array(5))
    const reader = new ByteReader(buffer.subarray(5))
    const header = decodeHeader(reader.source)
    expect(hashToHex(header.merkleRoot)).toBe(
      '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    )
    expect(header.merkleRoot.buffer).toBe(buffer.buffer)
  })

  it('are refused when cut short', () => {
    expect(() => decodeHeader(new Uint8Array(79))).toThrow(
      expect.objectContaining({ code: 'truncated', value: 80, limit: 79, command: undefined }),
    )
  })
})

describe('transactions', () => {
  const bytes = hexToBytes(bip143)
  const transaction = decodeTransaction(bytes)

  it('of BIP143', () => {
    expect(txid(transaction)).toEqual(txid(plain(transaction)))
    expect(transaction.inputs[0]!.witness).toEqual([])
    expect(transaction.inputs[1]!.witness).toHaveLength(2)
    expect(transaction.outputs.map(({ value }) => value)).toEqual([112_340_000n, 223_450_000n])
    expect(transaction.lockTime).toBe(17)
    expect(hasWitness(transaction)).toBe(true)
    expect(bytesToHex(wtxid(transaction))).toBe(bytesToHex(sha256d(bytes)))
    expect(bytesToHex(encodeTransaction(transaction))).toBe(bip143)
    expect(bytesToHex(encodeTransaction(plain(transaction)))).toBe(bip143)
  })

  it('have fields made once', () => {
    expect(transaction.inputs).toBe(transaction.inputs)
    expect(transaction.outputs).toBe(transaction.outputs)
    expect(txid(transaction)).toBe(txid(transaction))
    expect(wtxid(transaction)).toBe(wtxid(transaction))
    expect(wtxid(transaction)).not.toEqual(txid(transaction))
  })

  it('have one id without a witness', () => {
    const stripped = decodeTransaction(encodeTransaction(transaction, { witness: false }))
    expect(hasWitness(stripped)).toBe(false)
    expect(txid(stripped)).toEqual(txid(transaction))
    expect(wtxid(stripped)).toBe(txid(stripped))
    expect(wtxid(plain(stripped))).toEqual(txid(stripped))
    expect(stripped.inputs[1]!.witness).toEqual([])
    expect(transactionSize(transaction, false)).toBe(transactionSize(stripped))
  })

  it('have a weight and a virtual size (BIP141)', () => {
    for (const each of [transaction, plain(transaction)]) {
      const stripped = transactionSize(each, false)
      expect(transactionSize(each)).toBe(bytes.length)
      expect(transactionWeight(each)).toBe(3 * stripped + bytes.length)
      expect(transactionVirtualSize(each)).toBe(Math.ceil((3 * stripped + bytes.length) / 4))
      expect(transactionWeight(each) % 4).not.toBe(0)
    }
  })

  it('are read one after the other', () => {
    const reader = new ByteReader(concatBytes(Uint8Array.of(9), bytes, bytes, Uint8Array.of(9)))
    reader.skip(1)
    for (let i = 0; i < 2; i++) expect(bytesToHex(encodeTransaction(readTransaction(reader)))).toBe(bip143)
    expect(reader.remaining).toBe(1)
  })

  it('are views into their bytes, at any place of a larger buffer', () => {
    const buffer = concatBytes(new Uint8Array(3), bytes)
    const shifted = decodeTransaction(buffer.subarray(3))
    expect(plain(shifted)).toEqual(plain(transaction))
    expect(shifted.inputs[0]!.scriptSig.buffer).toBe(buffer.buffer)
  })

  it('hold amounts and numbers at their limits, and long scripts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          -1n,
          -(1n << 63n),
          (1n << 63n) - 1n,
          0n,
          1n,
          (1n << 53n) - 1n,
          1n << 53n,
          (1n << 53n) + 1n,
          (1n << 32n) - 1n,
          1n << 32n,
        ),
        fc.constantFrom(0, 1, 0xfc, 0xfd, 0xffff, 0x1_0000, 0x1_2345),
        fc.constantFrom(0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
        fc.boolean(),
        (value, length, number, withWitness) => {
          const script = new Uint8Array(length).fill(0xab)
          const built: Transaction = {
            version: number,
            inputs: [
              {
                previousOutput: { txid: asTxid(new Uint8Array(32).fill(1)), index: number },
                scriptSig: script,
                sequence: number,
                witness: withWitness ? [script, new Uint8Array(0), script] : [],
              },
            ],
            outputs: [{ value, scriptPubKey: script }],
            lockTime: number,
          }
          const decoded = decodeTransaction(encodeTransaction(built))
          const [input] = decoded.inputs
          expect(decoded.outputs[0]!.value).toBe(value)
          expect(decoded.outputs[0]!.scriptPubKey).toHaveLength(length)
          expect([decoded.version, decoded.lockTime, input!.sequence, input!.previousOutput.index]).toEqual(
            new Array(4).fill(number),
          )
          expect([input!.scriptSig, ...input!.witness].map((each) => each.length)).toEqual(
            withWitness ? [length, length, 0, length] : [length],
          )
          expect(bytesEqual(encodeTransaction(plain(decoded)), encodeTransaction(built))).toBe(true)
          expect(transactionSize(built)).toBe(encodeTransaction(built).length)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('with hundreds of inputs, outputs and witness items', () => {
    const built: Transaction = {
      version: 2,
      inputs: Array.from({ length: 300 }, (_, i) => ({
        previousOutput: { txid: asTxid(new Uint8Array(32).fill(i)), index: i },
        scriptSig: Uint8Array.of(i),
        sequence: i,
        witness: Array.from({ length: i }, () => Uint8Array.of(i)),
      })),
      outputs: Array.from({ length: 300 }, (_, i) => ({ value: BigInt(i), scriptPubKey: Uint8Array.of(i) })),
      lockTime: 0,
    }
    expect(plain(decodeTransaction(encodeTransaction(built)))).toEqual(built)
  })

  it('without inputs cannot be told from one with a witness, and are refused', () => {
    expect(() => decodeTransaction(hexToBytes('01000000' + '0000' + '00000000'))).toThrow(
      expect.objectContaining({ code: 'empty-transaction', offset: 0, severity: 'drop' }),
    )
    const whole = new ByteReader(hexToBytes('01000000' + '0000' + '00000000'))
    expect(() => readTransaction(whole, 'discourage')).toThrow(
      expect.objectContaining({ severity: 'discourage' }),
    )
    const reader = new ByteReader(hexToBytes('01000000' + '0000' + '000000'))
    expect(() => readTransaction(reader, 'discourage')).toThrow(expect.objectContaining({ severity: 'drop' }))
    expect(() => decodeTransaction(hexToBytes('0100000000'))).toThrow(DecodeError)
  })
})

describe('merkle root', () => {
  const leaf = (n: number): Hash256 => new Uint8Array(32).fill(n)
  const pair = (a: Hash256, b: Hash256): Hash256 => sha256d(concatBytes(a, b))

  it('of nothing, one, two, three and five', () => {
    const [a, b, c, d, e] = [1, 2, 3, 4, 5].map(leaf) as [Hash256, Hash256, Hash256, Hash256, Hash256]
    expect(merkleRoot([])).toEqual({ root: new Uint8Array(32), mutated: false })
    expect(merkleRoot([a])).toEqual({ root: a, mutated: false })
    expect(merkleRoot([a, b])).toEqual({ root: pair(a, b), mutated: false })
    expect(merkleRoot([a, b, c])).toEqual({ root: pair(pair(a, b), pair(c, c)), mutated: false })
    const four = pair(pair(a, b), pair(c, d))
    const ee = pair(e, e)
    expect(merkleRoot([a, b, c, d, e])).toEqual({ root: pair(four, pair(ee, ee)), mutated: false })
  })

  it('does not write into what it was given', () => {
    const given = [leaf(1)]
    merkleRoot(given).root.fill(9)
    expect(given[0]).toEqual(leaf(1))
  })

  it('finds every way of doubling the end of a list (CVE-2012-2459)', () => {
    for (let length = 1; length <= 40; length++) {
      const list = Array.from({ length }, (_, i) => leaf(i + 1))
      const honest = merkleRoot(list)
      expect(honest.mutated).toBe(false)
      for (let step = 1; step <= length; step *= 2) {
        if (length % step !== 0 || (length / step) % 2 === 0 || step === length) continue
        const doubled = [...list, ...list.slice(length - step)]
        expect(merkleRoot(doubled)).toEqual({ root: honest.root, mutated: true })
      }
    }
  })

  it('finds two equal leaves only where they make a pair', () => {
    expect(merkleRoot([leaf(1), leaf(2), leaf(2), leaf(3)]).mutated).toBe(false)
    expect(merkleRoot([leaf(1), leaf(1), leaf(2), leaf(3)]).mutated).toBe(true)
    expect(merkleRoot([leaf(1), leaf(2), leaf(1), leaf(2)]).mutated).toBe(true)
    expect(merkleRoot([leaf(1), leaf(2), leaf(0)]).mutated).toBe(false)
  })

  it('of the genesis block', () => {
    const block = decodeBlock(
      concatBytes(
        hexToBytes(genesisHeader),
        Uint8Array.of(1),
        hexToBytes(
          '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000',
        ),
      ),
    )
    expect(blockMerkleRoot(block)).toEqual({ root: block.header.merkleRoot, mutated: false })
    expect(hashToHex(txid(block.transactions[0]!))).toBe(
      '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    )
    expect(checkWitnessCommitment(block)).toBe('absent')
    expect(coinbaseHeight(block)).toBeUndefined()
  })
})

describe('blocks', () => {
  const bytes = hexToBytes(bip143)
  const transaction = decodeTransaction(bytes)
  const block = (count: number): Block => ({
    header: decodeHeader(hexToBytes(genesisHeader)),
    transactions: new Array<Transaction>(count).fill(transaction),
  })

  it.each([
    [0, 81],
    [1, 81],
    [252, 81],
    [253, 83],
  ])('of %i transactions have that size, with witnesses and without, and a weight', (count, head) => {
    const made = block(count)
    const stripped = encodeTransaction(transaction, { witness: false }).length
    const encoded = encodeBlock(made)
    expect(encoded).toHaveLength(head + count * bytes.length)
    expect(encoded.buffer.byteLength).toBe(encoded.length)
    expect(bytesEqual(encodeBlock(made, { witness: true }), encoded)).toBe(true)
    expect(encodeBlock(made, { witness: false })).toHaveLength(head + count * stripped)
    expect(blockSize(made)).toBe(encoded.length)
    expect(blockSize(made, false)).toBe(head + count * stripped)
    expect(blockWeight(made)).toBe(3 * (head + count * stripped) + encoded.length)
    const decoded = decodeBlock(encoded)
    expect(decoded.header).toEqual(made.header)
    expect(decoded.transactions).toHaveLength(count)
    for (const each of decoded.transactions.slice(-1)) expect(plain(each)).toEqual(plain(transaction))
  })

  it('carry the bytes that they were decoded from, and no others', () => {
    const header = decodeHeader(hexToBytes(genesisHeader))
    const transactions = [decodeTransaction(hexToBytes(bip143))]
    const made: Block = { header, transactions }
    const encoded = encodeBlock(made)
    const buffer = new Uint8Array(encoded.length + 20)
    buffer.set(encoded, 7)
    const decoded = decodeBlock(buffer.subarray(7))
    const bytes = blockBytes(decoded)
    expect(bytes.buffer).toBe(buffer.buffer)
    expect([bytes.byteOffset, bytes.length]).toEqual([7, encoded.length])
    expect(encodeBlock(decoded)).toEqual(encoded)
    expect(encodeBlock(decoded).buffer).not.toBe(buffer.buffer)
    expect(encodeBlock(decoded, { witness: false })).toEqual(encodeBlock(made, { witness: false }))
    expect(blockWeight(decoded)).toBe(blockWeight(made))
    expect(blockBytes(made)).toEqual(encoded)
    // Another block with the same header: the old bytes are not its own.
    expect(blockBytes({ ...decoded, transactions: [] })).toEqual(
      concatBytes(encodeHeader(header), Uint8Array.of(0)),
    )
  })

  it('list no more transactions than fit', () => {
    const head = hexToBytes(genesisHeader)
    const transactions = (size: string) => () => decodeBlock(concatBytes(head, hexToBytes(size)))
    expect(transactions('fe5f320100')).toThrow(
      expect.objectContaining({ code: 'truncated', value: 78_431 * 51, limit: 0, offset: 85 }),
    )
    expect(MAX_BLOCK_TRANSACTIONS).toBe(78_431)
    expect(transactions('fe60320100')).toThrow(
      expect.objectContaining({ code: 'too-many', value: 78_432, limit: 78_431, offset: 80 }),
    )
  })

  it('are refused with an empty transaction', () => {
    const empty = concatBytes(hexToBytes(genesisHeader), Uint8Array.of(1, 1), new Uint8Array(60))
    expect(() => decodeBlock(empty)).toThrow(
      expect.objectContaining({ code: 'empty-transaction', severity: 'discourage', offset: 81 }),
    )
  })
})

const header = { ...decodeHeader(hexToBytes(genesisHeader)), version: 2 }
const coinbase = (
  scriptSig: Uint8Array,
  witness: readonly Uint8Array[] = [],
  outputs: readonly string[] = [],
): Transaction => ({
  version: 1,
  inputs: [
    {
      previousOutput: { txid: asTxid(new Uint8Array(32)), index: 0xffff_ffff },
      scriptSig,
      sequence: 0,
      witness,
    },
  ],
  outputs: outputs.map((script) => ({ value: 0n, scriptPubKey: hexToBytes(script) })),
  lockTime: 0,
})
const spend = (witness: readonly Uint8Array[]): Transaction => ({
  version: 2,
  inputs: [
    {
      previousOutput: { txid: asTxid(new Uint8Array(32).fill(7)), index: 0 },
      scriptSig: new Uint8Array(0),
      sequence: 0,
      witness,
    },
  ],
  outputs: [{ value: 1n, scriptPubKey: Uint8Array.of(0x51) }],
  lockTime: 0,
})
const blockOf = (...transactions: readonly Transaction[]): Block => ({ header, transactions })

describe('height in the coinbase (BIP34)', () => {
  it.each([
    ['00', 0],
    ['51', 1],
    ['60', 16],
    ['0111', 17],
    ['017f', 127],
    ['028000', 128],
    ['02ff00', 255],
    ['020001', 256],
    ['02ff7f', 32_767],
    ['03008000', 32_768],
    ['03ffff7f', 8_388_607],
    ['0400008000', 8_388_608],
    ['04ffffff7f', 2_147_483_647],
    ['0377420eaabb', 934_519],
  ])('%s is %d', (script, height) => {
    expect(coinbaseHeight(blockOf(coinbase(hexToBytes(script))))).toBe(height)
  })

  it.each([
    ['', 'nothing'],
    ['4f', 'minus one'],
    ['61', 'no number'],
    ['0110', '16 as a push'],
    ['0100', '0 as a push'],
    ['0180', 'a negative zero'],
    ['0181', 'a negative number'],
    ['021100', '17 in two bytes'],
    ['03ff7f00', 'a number with a zero too many'],
    ['0377', 'a push cut short'],
    ['0277', 'a push of which one byte is not there'],
    ['050000000001', 'more than four bytes'],
  ])('%s is none: %s', (script) => {
    expect(coinbaseHeight(blockOf(coinbase(hexToBytes(script))))).toBeUndefined()
  })

  it('is none in blocks of version 1, whatever they start with', () => {
    const transactions = [coinbase(hexToBytes('0377420e'))]
    expect(coinbaseHeight({ header: { ...header, version: 1 }, transactions })).toBeUndefined()
    expect(coinbaseHeight({ header: { ...header, version: 0x2000_0000 }, transactions })).toBe(934_519)
  })

  it('is none in a block without transactions', () => {
    expect(coinbaseHeight(blockOf())).toBeUndefined()
    expect(coinbaseHeight(blockOf({ ...coinbase(new Uint8Array(0)), inputs: [] }))).toBeUndefined()
  })
})

describe('witness commitment (BIP141)', () => {
  const reserved = new Uint8Array(32).fill(3)
  const tag = '6a24aa21a9ed'
  const spending = spend([Uint8Array.of(1, 2, 3)])
  const root = merkleRoot([new Uint8Array(32), wtxid(spending)]).root
  const right = tag + bytesToHex(sha256d(concatBytes(root, reserved)))
  const wrong = tag + '00'.repeat(32)

  it('is right', () => {
    const block = blockOf(coinbase(new Uint8Array(2), [reserved], ['51', right]), spending)
    expect(checkWitnessCommitment(block)).toBe('valid')
    expect(bytesToHex(witnessCommitment(block)!)).toBe(right.slice(12))
  })

  it('is the last of several, and may be followed by more bytes', () => {
    expect(
      checkWitnessCommitment(
        blockOf(coinbase(new Uint8Array(2), [reserved], [wrong, `${right}ff`]), spending),
      ),
    ).toBe('valid')
    expect(
      checkWitnessCommitment(blockOf(coinbase(new Uint8Array(2), [reserved], [right, wrong]), spending)),
    ).toBe('mismatch')
  })

  it('is not one in another form', () => {
    for (const script of [right.slice(0, -2), `6a25${right.slice(4)}`, right.replace('ed', 'ee'), '51']) {
      expect(
        checkWitnessCommitment(blockOf(coinbase(new Uint8Array(2), [reserved], [script]), spending)),
      ).toBe('missing')
    }
  })

  it('wants one reserved value of 32 bytes', () => {
    for (const witness of [[], [reserved, reserved], [reserved.subarray(1)], [new Uint8Array(33)]]) {
      const block = blockOf(coinbase(new Uint8Array(2), witness, [right]), spending)
      expect(checkWitnessCommitment(block)).toBe('bad-reserved-value')
    }
    const without = { ...coinbase(new Uint8Array(2), [], [right]), inputs: [] }
    expect(checkWitnessCommitment(blockOf(without, spending))).toBe('bad-reserved-value')
  })

  it('may be absent without witnesses only', () => {
    expect(checkWitnessCommitment(blockOf(coinbase(new Uint8Array(2)), spend([])))).toBe('absent')
    expect(checkWitnessCommitment(blockOf(coinbase(new Uint8Array(2)), spend([reserved])))).toBe('missing')
    expect(checkWitnessCommitment(blockOf())).toBe('absent')
    expect(witnessCommitment(blockOf())).toBeUndefined()
  })

  it('of a block with another witness is not right', () => {
    const block = blockOf(coinbase(new Uint8Array(2), [reserved], [right]), spend([Uint8Array.of(1, 2, 4)]))
    expect(checkWitnessCommitment(block)).toBe('mismatch')
  })
})

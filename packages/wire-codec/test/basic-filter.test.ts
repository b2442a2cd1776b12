import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  asBlockHash,
  type Block,
  blockHash,
  buildBasicFilter,
  bytesToHex,
  decodeBlock,
  DecodeError,
  filterHash,
  filterHeader,
  filterHeaderChain,
  hashFromHex,
  hashToHex,
  hexToBytes,
  openBasicFilter,
  packScripts,
  regtest,
} from '../src/index.ts'
import table from './vectors/bip158-testnet-19.json' with { type: 'json' }

interface Row {
  readonly height: number
  readonly hash: string
  readonly block: Block
  readonly spentScripts: Uint8Array[]
  readonly previousHeader: string
  readonly filter: string
  readonly header: string
  readonly note: string
}

const rows = (table.slice(1) as [number, string, string, string[], string, string, string, string][]).map(
  ([height, hash, block, spent, previousHeader, filter, header, note]): Row => ({
    height,
    hash,
    block: decodeBlock(hexToBytes(block)),
    spentScripts: spent.map(hexToBytes),
    previousHeader,
    filter,
    header,
    note,
  }),
)

const scriptsOf = ({ block, spentScripts }: Row): Uint8Array[] =>
  [
    ...block.transactions.flatMap(({ outputs }) => outputs.map((output) => output.scriptPubKey)),
    ...spentScripts,
  ].filter((script) => script.length > 0 && script[0] !== 0x6a)

describe.each(rows)('testnet block $height ($note)', (row) => {
  const hash = blockHash(row.block.header)

  it('has the filter of BIP158', () => {
    expect(hashToHex(hash)).toBe(row.hash)
    expect(bytesToHex(buildBasicFilter(row.block, row.spentScripts))).toBe(row.filter)
  })

  it('has the filter header of BIP158', () => {
    const header = filterHeader(filterHash(hexToBytes(row.filter)), hashFromHex(row.previousHeader))
    expect(hashToHex(header)).toBe(row.header)
  })

  it('matches each of its scripts, alone and among others, and no other', () => {
    const filter = openBasicFilter(hexToBytes(row.filter), hash)
    const others = Array.from({ length: 50 }, (_, i) => Uint8Array.of(0x51, i))
    for (const script of scriptsOf(row)) {
      expect(filter.matchOne(script)).toBe(true)
      expect(filter.matchAny([...others, script])).toBe(true)
      expect(filter.matchAny(packScripts([...others, script]))).toBe(true)
    }
    expect(filter.matchAny(others)).toBe(false)
    expect(filter.matchAny(packScripts(others))).toBe(false)
    expect(filter.matchAny([])).toBe(false)
    expect(filter.count).toBe(new Set(scriptsOf(row).map(bytesToHex)).size)
  })
})

describe('a filter', () => {
  const hash = asBlockHash(new Uint8Array(32).fill(7))
  const blockOf = (scripts: readonly Uint8Array[]): Block => ({
    header: regtest.genesis,
    transactions: [
      {
        version: 1,
        inputs: [],
        outputs: scripts.map((scriptPubKey) => ({ value: 0n, scriptPubKey })),
        lockTime: 0,
      },
    ],
  })

  it('of nothing is one zero byte, and matches nothing', () => {
    const filter = buildBasicFilter(blockOf([new Uint8Array(0), Uint8Array.of(0x6a, 1)]), [new Uint8Array(0)])
    expect(bytesToHex(filter)).toBe('00')
    expect(openBasicFilter(filter, hash).matchAny([Uint8Array.of(1)])).toBe(false)
  })

  it('keeps a spent script that begins with OP_RETURN, as Core does', () => {
    expect(openBasicFilter(buildBasicFilter(blockOf([]), [Uint8Array.of(0x6a)]), hash).count).toBe(1)
  })

  it('never misses a script that is in it', () => {
    const scripts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 300 })
    fc.assert(
      fc.property(scripts, (spent) => {
        const filter = openBasicFilter(buildBasicFilter(blockOf([]), spent), blockHash(regtest.genesis))
        for (const script of spent) if (!filter.matchOne(script)) return false
        return filter.matchAny(spent)
      }),
      { numRuns: 30 },
    )
  })

  it('says yes wrongly about as often as BIP158 says', () => {
    const spent = Array.from({ length: 2000 }, (_, i) => Uint8Array.of(1, i, i >> 8))
    const filter = openBasicFilter(buildBasicFilter(blockOf([]), spent), blockHash(regtest.genesis))
    let matches = 0
    for (let i = 0; i < 100; i++) {
      const asked = Array.from({ length: 1000 }, (_, j) => Uint8Array.of(2, i, j, j >> 8))
      if (filter.matchAny(asked)) matches++
    }
    // 100,000 scripts at 1 in 784,931: more than three has a chance of 1 in 100,000,
    // and the hashes are always the same.
    expect(matches).toBeLessThanOrEqual(3)
  })

  it.each([
    ['no bytes', '', 'truncated'],
    ['a count and nothing else', '01', 'truncated'],
    ['a huge count', 'feffffff01', 'truncated'],
    ['a count above 32 MiB', 'ffffffffffffffffff', 'size-too-large'],
    ['a count written too long', 'fd0100', 'non-minimal-size'],
    ['a quotient without an end', '01ffffff', 'truncated'],
    ['a remainder cut short', '01fffffc', 'truncated'],
    ['bytes after the last code', '0100000000', 'trailing-bytes'],
    ['bytes after an empty filter', '0000', 'trailing-bytes'],
  ])('is refused with %s', (_, hex, code) => {
    const open = () => openBasicFilter(hexToBytes(hex), hash)
    expect(open).toThrow(DecodeError)
    expect(open).toThrow(expect.objectContaining({ code }))
  })

  it('is refused for what is broken behind the script that it would be asked for', () => {
    const spent = Array.from({ length: 300 }, (_, i) => Uint8Array.of(1, i, i >> 8))
    const whole = buildBasicFilter(blockOf([]), spent)
    const open = (bytes: Uint8Array) => () => openBasicFilter(bytes, blockHash(regtest.genesis))
    expect(open(whole)().matchAny(spent.slice(0, 1))).toBe(true)
    expect(open(whole.subarray(0, -1))).toThrow(expect.objectContaining({ code: 'truncated' }))
    expect(open(Uint8Array.of(...whole, 0))).toThrow(expect.objectContaining({ code: 'trailing-bytes' }))
  })

  it('is refused or read, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          openBasicFilter(bytes, hash).matchAny([Uint8Array.of(1)])
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('filterHeaderChain', () => {
  it('goes on from the header before it', () => {
    const hashes = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const start = new Uint8Array(32)
    const first = filterHeader(hashes[0]!, start)
    expect(filterHeaderChain(start, hashes)).toEqual([first, filterHeader(hashes[1]!, first)])
    expect(filterHeaderChain(start, [])).toEqual([])
  })
})

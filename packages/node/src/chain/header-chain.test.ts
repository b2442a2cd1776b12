import { blockHash, type BlockHash, type BlockHeader } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { mineHeader, mineHeaders, regtest } from '../../test/support/make-chain.ts'
import { NOON } from '../../test/support/peer-ids.ts'
import { StorableHeaderChain } from './header-chain.ts'

function chainWith(...runs: readonly BlockHeader[][]): StorableHeaderChain {
  const chain = new StorableHeaderChain({ network: regtest })
  for (const run of runs) expect(chain.accept(run, NOON).error).toBeUndefined()
  return chain
}

describe('the header chain', () => {
  it('begins with genesis', () => {
    const chain = chainWith()
    expect(chain.tip()).toMatchObject({ height: 0, hash: regtest.genesisHash, work: 2n })
    expect(chain.headerAt(0)).toEqual(regtest.genesis)
    expect(chain.headerAt(1)).toBeUndefined()
  })

  it('keeps headers and finds them again by height and hash', () => {
    const headers = mineHeaders(regtest.genesis, 3000)
    const chain = chainWith(headers.slice(0, 2000), headers.slice(2000))
    expect(chain.tip().height).toBe(3000)
    expect(chain.tip().work).toBe(2n * 3001n)
    expect(chain.headerAt(1234)).toEqual(headers[1233])
    expect(chain.heightOf(blockHash(headers[2999]!))).toBe(3000)
    expect(chain.hashAt(3000)).toEqual(blockHash(headers[2999]!))
  })

  it('says how the tip moved', () => {
    const headers = mineHeaders(regtest.genesis, 5)
    const chain = chainWith()
    const { accepted, tipChange } = chain.accept(headers, NOON)
    expect(accepted).toBe(5)
    expect(tipChange).toEqual({
      oldTip: { height: 0, hash: regtest.genesisHash },
      newTip: { height: 5, hash: blockHash(headers[4]!) },
      fork: { height: 0, hash: regtest.genesisHash },
      disconnected: [],
    })
    expect(chain.accept(headers, NOON)).toEqual({ accepted: 0, known: 5 })
  })

  it('keeps a fork of the same work aside, and follows it once it has more', () => {
    const ours = mineHeaders(regtest.genesis, 10)
    const theirs = mineHeaders(ours[4]!, 6, 7)
    const chain = chainWith(ours, theirs.slice(0, 5))
    expect(chain.tip().hash).toEqual(blockHash(ours[9]!))
    expect(chain.isActive(blockHash(theirs[4]!))).toBe(false)
    expect(chain.forkPoint(blockHash(theirs[4]!))).toEqual({ height: 5, hash: blockHash(ours[4]!) })
    const { tipChange } = chain.accept(theirs.slice(5), NOON)
    expect(tipChange?.fork.height).toBe(5)
    expect(tipChange?.disconnected.map(({ height }) => height)).toEqual([10, 9, 8, 7, 6])
    expect(tipChange?.disconnected[0]?.hash).toEqual(blockHash(ours[9]!))
    expect(chain.hashAt(6)).toEqual(blockHash(theirs[0]!))
    expect(chain.get(blockHash(ours[9]!))?.height).toBe(10)
  })

  it('follows a reorg of any depth', () => {
    const ours = mineHeaders(regtest.genesis, 5000)
    const theirs = mineHeaders(regtest.genesis, 5001, 9)
    const chain = chainWith(ours)
    const { tipChange } = chain.accept(theirs, NOON)
    expect(tipChange?.disconnected).toHaveLength(5000)
    expect(chain.tip().height).toBe(5001)
    expect(
      chain.headersAfter([blockHash(ours[4999]!)], new Uint8Array(32) as Uint8Array as BlockHash)[0],
    ).toEqual(theirs[0])
  })

  it('stops at the first bad header of a batch and keeps those before it', () => {
    const headers = mineHeaders(regtest.genesis, 10)
    const bad = { ...headers[6]!, bits: 0x207ffffe }
    const chain = chainWith()
    const result = chain.accept([...headers.slice(0, 6), bad, ...headers.slice(7)], NOON)
    expect(result).toMatchObject({ accepted: 6, error: { index: 6 } })
    expect(chain.tip().height).toBe(6)
  })

  it('refuses a hash above its target', () => {
    const header = { ...mineHeader(regtest.genesis) }
    const chain = chainWith()
    let error: string | undefined
    for (let nonce = header.nonce; error !== 'bad-proof-of-work'; nonce++) {
      error = chain.accept([{ ...header, nonce }], NOON).error?.code
    }
    expect(error).toBe('bad-proof-of-work')
  })

  it.each([0, 0x01003456, 0x04923456, 0xff123456, 0x2100ffff, 0x1dffffff])('refuses bits %i', (bits) => {
    const chain = chainWith()
    expect(chain.accept([{ ...mineHeader(regtest.genesis), bits }], NOON).error?.code).toBe(
      'bad-proof-of-work',
    )
  })

  it('refuses another difficulty than the rule asks for', () => {
    const chain = chainWith()
    const header = mineHeader(regtest.genesis, { bits: 0x207ffffe })
    expect(chain.accept([header], NOON).error?.code).toBe('bad-difficulty')
  })

  it('refuses a parent that it does not know', () => {
    const [, second] = mineHeaders(regtest.genesis, 2)
    expect(chainWith().accept([second!], NOON).error?.code).toBe('unknown-parent')
  })

  it('refuses a time at the median time past, and takes one second more', () => {
    const headers = mineHeaders(regtest.genesis, 20)
    const chain = chainWith(headers)
    const median = headers[14]!.time
    expect(chain.medianTimePast(blockHash(headers[19]!))).toBe(median)
    const at = mineHeader(headers[19]!, { time: median })
    expect(chain.accept([at], NOON).error?.code).toBe('time-too-old')
    const later = mineHeader(headers[19]!, { time: median + 1 })
    expect(chain.accept([later], NOON).error).toBeUndefined()
  })

  it('refuses a time more than two hours ahead, and takes the same header later', () => {
    const limit = NOON / 1000 + 2 * 60 * 60
    const header = mineHeader(regtest.genesis, { time: limit + 1 })
    const chain = chainWith()
    expect(chain.accept([header], NOON).error?.code).toBe('time-too-new')
    expect(chain.accept([header], (NOON + 1000) as typeof NOON).error).toBeUndefined()
  })

  it.each([1, 2, 3, 0, -1])('refuses version %i where BIP34, BIP66 and BIP65 bind', (version) => {
    const header = mineHeader(regtest.genesis, { version })
    expect(chainWith().accept([header], NOON).error?.code).toBe('bad-version')
  })

  it('drops an invalid block with all that builds on it, and never takes it again', () => {
    const ours = mineHeaders(regtest.genesis, 10)
    const theirs = mineHeaders(ours[2]!, 5, 3)
    const chain = chainWith(ours, theirs)
    const change = chain.invalidate(blockHash(ours[5]!))
    expect(change?.disconnected).toHaveLength(7)
    expect(change?.newTip).toEqual({ height: 8, hash: blockHash(theirs[4]!) })
    const next = mineHeader(ours[9]!)
    expect(chain.accept([next], NOON).error?.code).toBe('invalid-parent')
    expect(chain.accept([ours[7]!], NOON).error?.code).toBe('known-invalid')
    expect(chain.invalidate(regtest.genesisHash)).toBeUndefined()
  })

  it('answers getheaders from the first hash of the locator that is in the best chain', () => {
    const ours = mineHeaders(regtest.genesis, 2500)
    const chain = chainWith(ours)
    const none = new Uint8Array(32) as Uint8Array as BlockHash
    expect(chain.headersAfter([none], none)).toHaveLength(2000)
    // Without a locator it is the stop block's that is asked for (Core).
    expect(chain.headersAfter([], blockHash(ours[149]!))).toEqual([ours[149]])
    expect(chain.headersAfter([], none)).toEqual([])
    expect(chain.headersAfter([blockHash(ours[2499]!)], none)).toEqual([])
    expect(chain.headersAfter([none, blockHash(ours[99]!)], blockHash(ours[149]!))).toEqual(
      ours.slice(100, 150),
    )
  })

  it('gives locators of at most 101 hashes that end in genesis', () => {
    const ours = mineHeaders(regtest.genesis, 1000)
    const chain = chainWith(ours)
    const heights = chain.locator().map((hash) => chain.heightOf(hash))
    expect(heights.slice(0, 12)).toEqual([1000, 999, 998, 997, 996, 995, 994, 993, 992, 991, 990, 988])
    expect(heights.at(-1)).toBe(0)
    expect(heights.length).toBeLessThan(101)
  })

  it('is the same after being written out and read back', () => {
    const ours = mineHeaders(regtest.genesis, 100)
    const theirs = mineHeaders(ours[2]!, 105, 3)
    const chain = chainWith(ours, theirs)
    chain.invalidate(blockHash(theirs[104]!))
    const again = new StorableHeaderChain({ network: regtest })
    const records = chain.recordsFrom(1)
    again.restore(records.slice(0, 84 * 50))
    again.restore(records.slice(84 * 50))
    again.finishRestore([blockHash(theirs[104]!)])
    expect(again.tip()).toEqual(chain.tip())
    expect(again.size).toBe(chain.size)
    expect(again.locator()).toEqual(chain.locator())
    expect(() => again.restore(records.slice(0, 83))).toThrow(/cut off/)
  })
})

import { blockHash, buildBasicFilter, packScripts, regtest } from '@sapwood/wire-codec'
import { expect, it } from 'vitest'
import { mayConcern } from './filter-match.ts'

const scripts = Array.from({ length: 100 }, (_, index) => Uint8Array.of(0x51, index))
const hash = blockHash(regtest.genesis)
const bytes = buildBasicFilter({ header: regtest.genesis, transactions: [] }, scripts)

it('says no for scripts that a filter does not have, and yes for one that it has', () => {
  const others = packScripts([Uint8Array.of(0x52), Uint8Array.of(0x53)])
  expect(mayConcern({ bytes, hash }, others)).toBe(false)
  expect(mayConcern({ bytes, hash }, packScripts([Uint8Array.of(0x52), scripts[7]!]))).toBe(true)
})

it('has a block looked at whose filter is broken, wherever that is', () => {
  const others = packScripts([Uint8Array.of(0x52)])
  for (const broken of [bytes.subarray(0, -1), Uint8Array.of(...bytes, 0), Uint8Array.of(0xff)])
    expect(mayConcern({ bytes: broken, hash }, others)).toBe(true)
})
